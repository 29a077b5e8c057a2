internal import MetricModel
internal import Statistics

/// One group of series at one step, to be compared.
struct EvidenceCase {
  let question: EvidenceQuestion
  let sides: [EvidenceSide]
  /// The rows of each side that belong to the group.
  let members: [[Int]]
  let step: Int
  /// Of `quantile_ratio`.
  let quantile: Double

  /// Nil where there is nothing to compare, or no way to; then the remarks say why.
  func answered() -> (EvidenceAnswer?, Set<EvidenceRemark>) {
    var remarks: Set<EvidenceRemark> = []
    guard sides.indices.allSatisfy(hasSamples) else { return (nil, []) }
    do {
      return (try answer(&remarks), remarks)
    } catch {
      return (nil, [.notComputable(error)])
    }
  }

  private func hasSamples(_ side: Int) -> Bool {
    members[side].contains {
      !sides[side].values($0, step).isEmpty || sides[side].histogram($0, step) != nil
    }
  }

  private func answer(
    _ remarks: inout Set<EvidenceRemark>
  ) throws(NotComputable) -> EvidenceAnswer? {
    switch question {
    case .welch, .mannWhitney, .sequentialWelch:
      let (first, second) = (sample(0), sample(1))
      let answer =
        switch question {
        case .welch: try EvidenceAnswer.welch(first, second)
        case .mannWhitney: try EvidenceAnswer.mannWhitney(first, second)
        default: try EvidenceAnswer.sequentialWelch(first, second)
        }
      if first.isOverTime { remarks.insert(.timesCounted) }
      if question == .sequentialWelch && startMoves { remarks.insert(.startMoves) }
      return answer
    case .twoProportions:
      if members.contains(where: { $0.count > 1 }) { remarks.insert(.countsAdded) }
      return try EvidenceAnswer.twoProportions(proportion(0), proportion(2))
    case .quantileRatio: return try quantileRatio(&remarks)
    case .sequentialProportions:
      if startMoves { remarks.insert(.startMoves) }
      let (answer, refusals) = try StrataJudgement.answer(arm(0), arm(2))
      remarks.formUnion(refusals.map(EvidenceRemark.notComputable))
      return answer
    }
  }

  private func sample(_ side: Int) -> EffectiveSample {
    var sample = EffectiveSample(isOverTime: sides[side].isOverTime)
    for row in members[side] { sample.append(sides[side].values(row, step)) }
    return sample
  }

  private func proportion(_ side: Int) throws(NotComputable) -> Proportion {
    try Proportion(events: total(side), trials: total(side + 1))
  }

  private func total(_ side: Int) -> Double {
    var sum = NeumaierSum()
    for row in members[side] { for value in sides[side].values(row, step) { sum.add(value) } }
    return sum.total
  }

  /// Whether the first side fills its window, so that what an evaluation starts with depends on
  /// when it is made.
  private var startMoves: Bool {
    let side = sides[question == .sequentialProportions ? 1 : 0]
    guard let start = side.movingStart(step) else { return false }
    return members[question == .sequentialProportions ? 1 : 0].contains { row in
      let times = side.times(row, step)
      guard let first = times.first, let second = times.dropFirst().first else { return false }
      return first &- start <= second &- first
    }
  }
}

/// Counts of scrapes.
extension EvidenceCase {
  /// Successes and totals of one side. Pods are series of totals, with the successes that have the
  /// same labels; where successes have others, the side counts as one pod.
  private func arm(_ side: Int) -> CountedArm {
    var arm = CountedArm()
    var pods: [Labels: Int] = [:]
    for row in members[side + 1] {
      pods[LabelPicker.withoutName(sides[side + 1].heads[row].labels)] = pods.count
    }
    let labels = members[side].map { LabelPicker.withoutName(sides[side].heads[$0].labels) }
    let isByPod = labels.allSatisfy { pods[$0] != nil }
    for (row, label) in zip(members[side], labels) {
      arm.add(
        sides[side].values(row, step), at: sides[side].times(row, step),
        pod: isByPod ? pods[label] ?? 0 : 0, areTotals: false)
    }
    for (pod, row) in members[side + 1].enumerated() {
      arm.add(
        sides[side + 1].values(row, step), at: sides[side + 1].times(row, step),
        pod: isByPod ? pod : 0, areTotals: true)
    }
    return arm
  }
}

/// Histograms.
extension EvidenceCase {
  private func quantileRatio(
    _ remarks: inout Set<EvidenceRemark>
  ) throws(NotComputable) -> EvidenceAnswer? {
    guard 0...1 ~= quantile else { throw .invalidProbability }
    guard let first = histogram(0), let second = histogram(1) else {
      remarks.insert(.lacksBuckets)
      return nil
    }
    guard !first.isBeyondBuckets(quantile), !second.isBeyondBuckets(quantile) else {
      remarks.insert(.beyondBuckets)
      return nil
    }
    guard first.count > 0, second.count > 0 else { throw .emptyInput }
    guard first.value(at: quantile) > 0, second.value(at: quantile) > 0 else {
      remarks.insert(.notPositive)
      return nil
    }
    let answer = try EvidenceAnswer.quantileRatio(quantile, first, second)
    remarks.insert(.requestsIndependent)
    return answer
  }

  /// All buckets of a side added up; nil where they make no histogram.
  private func histogram(_ side: Int) -> QuantileSide? {
    var buckets: [ClassicBucket] = []
    var sum: NativeHistogram?
    for row in members[side] {
      if let native = sides[side].histogram(row, step) {
        if sum == nil {
          sum = native
        } else {
          guard (try? sum?.add(native)) != nil else { return nil }
        }
      }
      for count in sides[side].values(row, step) {
        guard let bound = BucketBound.parse(sides[side].heads[row].labels["le"] ?? "") else {
          continue
        }
        buckets.append(ClassicBucket(bound: bound, count: count))
      }
    }
    if let sum { return buckets.isEmpty ? .native(sum) : nil }
    ClassicBuckets.normalize(&buckets)
    guard buckets.count >= 2, buckets[buckets.count - 1].bound == .infinity else { return nil }
    _ = ClassicBuckets.makeMonotonic(&buckets)
    return .classic(buckets)
  }
}
