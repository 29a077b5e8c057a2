import Glibc

/// Judges a canary by histograms, scrape after scrape: latencies, sizes, scores.
///
/// ```swift
/// var judge = try BucketJudge(settings, upperBounds: [0.1, 0.25, 0.5, 1, .infinity])
/// try judge.observe(Scrape(canary: [.init(id: 7, reading: [140, 8, 1, 1, 0])], stable: stable))
/// ```
///
/// Two views of the same counts. The tails beyond a few bounds are shares, each judged as
/// `CountJudge` does: nothing is assumed of the shape, and a change of the slowest requests alone
/// is seen where it is. Shifts of the whole distribution or of its tail are judged by
/// `ShiftProcess` (Guard) or their score (Fast): they use every bucket and find what moves as
/// expected several times sooner. Guard averages the e-values of both views; Fast gives shifts 45 %
/// of the budget and two tails the rest. A view alone can fail outright where the other finds the
/// change at once.
///
/// The bounds are picked by the first scrape's totals of both arms, which say nothing about their
/// difference. A noise floor from history is in units of the logarithm of the quantity: pods that
/// are 5 % slower of themselves are a pod deviation of 0.05.
package struct BucketJudge: Sendable, Hashable {
  package let settings: JudgeSettings
  package let upperBounds: [Double]
  /// Places of the bounds whose tails are watched, and their judges.
  private var places: [Int] = []
  private var tails: [CountJudge] = []
  private var shift: ShiftProcess?
  private var ledger = StageLedger()
  private var noise = NoiseEstimate()
  private var shiftWalk: InformationWalk?
  private var canary: [Double]
  private var stable: [Double]

  package private(set) var looks = 0
  package private(set) var logE = 0.0
  package private(set) var largestLogE = 0.0
  /// What pods and times differ by, in the logarithm of the quantity.
  package private(set) var floor = NoiseFloor.none
  package private(set) var verdict = SequentialVerdict.undecided

  /// - Parameter upperBounds: of the buckets, strictly increasing, the last one usually infinite.
  /// - Throws: `nonMonotoneBuckets`, `nanInput`; `tooFewObservations` for fewer than two buckets.
  package init(_ settings: JudgeSettings, upperBounds: [Double]) throws(NotComputable) {
    let empty = [Double](repeating: 0, count: upperBounds.count)
    _ = try BucketCounts(upperBounds: upperBounds, counts: empty)
    guard upperBounds.count > 1 else { throw .tooFewObservations }
    self.settings = settings
    self.upperBounds = upperBounds
    (canary, stable) = (empty, empty)
    shift = ShiftDirections(upperBounds: upperBounds, for: settings.alternative).map {
      ShiftProcess($0)
    }
    if let plan = settings.mode.plan {
      shiftWalk = InformationWalk(
        plan: plan, alpha: settings.alpha * Self.shareOfShifts)
    }
  }

  /// Takes in the counts per bucket, not cumulative, of one scrape.
  ///
  /// - Throws: `lengthMismatch` where a pod has other buckets; the errors of counts.
  @discardableResult
  package mutating func observe(
    _ scrape: Scrape<[Double]>
  ) throws(NotComputable) -> SequentialVerdict {
    for pod in scrape.canary + scrape.stable {
      guard pod.reading.count == upperBounds.count else { throw .lengthMismatch }
      try BucketCounts.check(pod.reading)
    }
    let warm = scrape.warm(after: settings.warmUpSeconds)
    let (first, second) = (sum(warm.canary), sum(warm.stable))
    let compares = first.contains { $0 > 0 } && second.contains { $0 > 0 }
    if places.isEmpty, compares { try begin(zip(first, second).map { $0 + $1 }) }
    try observeTails(warm)
    if compares { looks += 1 }
    let stratum = shiftStratum(warm, zip(first, second).map { $0 + $1 })
    if let stratum {
      if stratum.compares, ledger.add(stratum) { noise.beginStage() }
      if settings.noise == .stablePods { noise.observe(stratum) }
    }
    shift?.observe(canary: first, stable: second)
    for index in upperBounds.indices {
      canary[index] += first[index]
      stable[index] += second[index]
    }
    if compares { decide() }
    return verdict
  }

  private func sum(_ pods: [Scrape<[Double]>.Pod]) -> [Double] {
    var result = [Double](repeating: 0, count: upperBounds.count)
    for pod in pods {
      for index in result.indices { result[index] += pod.reading[index] }
    }
    return result
  }

  /// What shifts may spend of the Fast mode's budget.
  private static let shareOfShifts = 0.45

  /// Picks the bounds beyond which about a half, a quarter, … of the observations lie; the Fast
  /// mode, which splits its budget among them, only two.
  private mutating func begin(_ totals: [Double]) throws(NotComputable) {
    // A bound that nothing exceeded yet has a tail too.
    let least = 0.5 / totals.reduce(0, +)
    let survival = ShiftDirections.survival(totals).map { max($0, least) }
    let wanted =
      settings.mode.plan == nil
      ? [0.5, 0.25, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002] : [0.02, 0.001]
    var picked: Set<Int> = []
    for share in wanted {
      let nearest = survival.indices.dropLast().min {
        Self.distance(survival[$0], share) < Self.distance(survival[$1], share)
      }
      if let nearest { picked.insert(nearest) }
    }
    places = picked.sorted()
    var part = settings
    let share = shift == nil ? 1 : 1 - Self.shareOfShifts
    part.alpha = settings.alpha * share / Double(max(1, places.count))
    if case .history = settings.noise { part.noise = .none }
    tails = places.map { _ in CountJudge(part) }
  }

  private static func distance(_ share: Double, _ wanted: Double) -> Double {
    share > 0 && share < 1 ? abs(log(share / wanted)) : .infinity
  }

  private mutating func observeTails(_ scrape: Scrape<[Double]>) throws(NotComputable) {
    func tail(
      _ pods: [Scrape<[Double]>.Pod], _ place: Int
    ) throws(NotComputable) -> [Scrape<Proportion>.Pod] {
      var result: [Scrape<Proportion>.Pod] = []
      for pod in pods {
        let below = pod.reading[...place].reduce(0, +)
        let above = pod.reading[(place + 1)...].reduce(0, +)
        guard below + above > 0 else { continue }
        let share = try Proportion(events: above, trials: below + above)
        result.append(.init(id: pod.id, ageSeconds: pod.ageSeconds, reading: share))
      }
      return result
    }
    for (index, place) in places.enumerated() {
      if case .history(let known) = settings.noise {
        tails[index].setNoise(known.scaled(by: slope(at: place)))
      }
      try tails[index].observe(
        Scrape(canary: tail(scrape.canary, place), stable: tail(scrape.stable, place)))
    }
  }

  /// How much the log odds of the tail beyond a bound change by the logarithm of the quantity.
  private func slope(at place: Int) -> Double {
    guard let shift, place + 1 < upperBounds.count else { return 1 }
    let survival = ShiftDirections.survival(shift.expectation)
    let step = 0.05
    func tail(_ logFactor: Double) -> Double {
      let direction = shift.directions.direction(factor: exp(logFactor))
      return shift.directions.shifted(survival, direction)[(place + 1)...].reduce(0, +)
    }
    let (up, down) = (tail(step), tail(-step))
    guard up > 0, down > 0, up < 1, down < 1 else { return 1 }
    return abs(log(up / (1 - up)) - log(down / (1 - down))) / (2 * step)
  }

  /// The score of a shift, pod by pod, given the totals of the stratum.
  private func shiftStratum(_ scrape: Scrape<[Double]>, _ totals: [Double]) -> Stratum? {
    guard let shift else { return nil }
    let count = totals.reduce(0, +)
    guard count > 1 else { return nil }
    // Totals of both arms may enter: they say nothing about the difference.
    let expected = zip(shift.expectation, totals).map { $0 + $1 }
    let weights = shift.directions.score(ShiftDirections.survival(expected))
    let mean = zip(weights, totals).reduce(0) { $0 + $1.0 * $1.1 } / count
    let square = zip(weights, totals).reduce(0) { $0 + $1.1 * ($1.0 - mean) * ($1.0 - mean) }
    return Stratum(scrape, weights: weights, mean: mean, variance: square / (count - 1))
  }

  private mutating func decide() {
    switch settings.noise {
    case .none: floor = .none
    case .stablePods: floor = noise.cautious
    case .history(let known): floor = known
    }
    logE = tails.isEmpty ? 0 : logMeanExp(tails.map(\.logE))
    var isShifted = false
    if let shift {
      var logShift = shift.logE
      let sign = settings.alternative == .less ? -1.0 : 1.0
      if shiftWalk != nil || (!floor.isNone && logShift > 0) {
        let adjusted = AdjustedScore(ledger, floor)
        if !floor.isNone {
          let grid = shift.directions.directions.filter { $0.quantile == 0 }
          logShift = min(
            logShift, logMeanExp(grid.map { adjusted.logLikelihood(at: log($0.factor)) }))
        }
        isShifted =
          shiftWalk?.look(
            score: sign * adjusted.score, information: adjusted.information,
            nominal: adjusted.plainInformation, number: looks)
          ?? false
      }
      logE = tails.isEmpty ? logShift : logSumExp(logE, logShift) - 0.693147180559945309
    }
    largestLogE = max(largestLogE, logE)
    let isWorse =
      shiftWalk == nil
      ? logE >= settings.requiredLogE
      : isShifted || tails.contains { $0.verdict == .worse }
    if isWorse { verdict = .worse }
  }
}

extension BucketJudge {
  /// What has been shown so far: the factor by which the canary's quantity is larger.
  ///
  /// The interval is the confidence sequence of that factor by its score, wide where the
  /// distribution doesn't move as a whole; the strength is the largest e-value of all views.
  package func evidence(level: Double = 0.95) -> Evidence {
    let adjusted = AdjustedScore(ledger, floor)
    var (estimate, interval) = (
      Double.nan, ConfidenceInterval(level: level, lower: 0, upper: .infinity)
    )
    if adjusted.information > 0,
      let look = try? MixtureSPRT(
        estimate: adjusted.score / adjusted.information,
        standardError: 1 / adjusted.information.squareRoot())
    {
      let bounds = look.interval(alpha: 1 - level, priorVariance: 0.04)
      estimate = exp(look.estimate)
      interval = ConfidenceInterval(
        level: level, lower: exp(bounds.lower), upper: exp(bounds.upper))
    }
    let method = settings.mode.plan == nil ? "mixture e-process" : "conditional spending"
    return Evidence(
      effect: Effect(name: "factor of the quantity", neutralValue: 1), estimate: estimate,
      interval: interval, strength: .logE(largestLogE), alternative: settings.alternative,
      samples: SamplesPerArm(canary: canary.reduce(0, +), baseline: stable.reduce(0, +)),
      method: "\(method) of \(tails.count) tails and of shifts, \(looks) looks",
      assumptions: [
        Assumption("increments of separate scrapes, none read twice", .notChecked),
        Assumption(
          "pods of one arm are alike, or the noise floor covers how they differ",
          floor.isNone && noise.podCount < 2 ? .notChecked : .holds),
      ])
  }

  /// The information of the logarithm of the factor, and what would have been there without noise.
  package var information: (effective: Double, nominal: Double) {
    (AdjustedScore(ledger, floor).information, ledger.information)
  }

  /// The smallest factor of the whole distribution that the looks so far would have shown four
  /// times out of five; infinite (or 0) without information.
  package var detectableFactor: Double {
    let information = AdjustedScore(ledger, floor).information
    guard information > 0 else { return settings.alternative == .less ? 0 : .infinity }
    let reach = (2 * settings.requiredLogE).squareRoot() + 0.8416212335729143
    let logFactor = reach / information.squareRoot()
    return exp(settings.alternative == .less ? -logFactor : logFactor)
  }
}

extension BucketJudge: Codable {
  private enum CodingKeys: CodingKey {
    case settings, upperBounds, places, tails, shift, ledger, noise, shiftWalk, canary, stable
    case looks, logE, largestLogE, floor, verdict
  }

  package func encode(to encoder: any Encoder) throws {
    var stored = encoder.container(keyedBy: CodingKeys.self)
    try stored.encode(settings, forKey: .settings)
    // Formats without infinity write it as null.
    try stored.encode(upperBounds.map { $0.isFinite ? $0 : nil }, forKey: .upperBounds)
    try stored.encode(places, forKey: .places)
    try stored.encode(tails, forKey: .tails)
    try stored.encodeIfPresent(shift?.memory, forKey: .shift)
    try stored.encode(ledger, forKey: .ledger)
    try stored.encode(noise, forKey: .noise)
    try stored.encodeIfPresent(shiftWalk, forKey: .shiftWalk)
    try stored.encode(canary, forKey: .canary)
    try stored.encode(stable, forKey: .stable)
    try stored.encode(looks, forKey: .looks)
    try stored.encode(logE, forKey: .logE)
    try stored.encode(largestLogE, forKey: .largestLogE)
    try stored.encode(floor, forKey: .floor)
    try stored.encode(verdict, forKey: .verdict)
  }

  package init(from decoder: any Decoder) throws {
    let stored = try decoder.container(keyedBy: CodingKeys.self)
    let bounds = try stored.decode([Double?].self, forKey: .upperBounds).map { $0 ?? .infinity }
    try self.init(stored.decode(JudgeSettings.self, forKey: .settings), upperBounds: bounds)
    places = try stored.decode([Int].self, forKey: .places)
    tails = try stored.decode([CountJudge].self, forKey: .tails)
    let memory = try stored.decodeIfPresent(ShiftProcess.Memory.self, forKey: .shift)
    if let memory, let directions = shift?.directions {
      shift = try ShiftProcess(directions, memory)
    }
    ledger = try stored.decode(StageLedger.self, forKey: .ledger)
    noise = try stored.decode(NoiseEstimate.self, forKey: .noise)
    shiftWalk = try stored.decodeIfPresent(InformationWalk.self, forKey: .shiftWalk)
    canary = try stored.decode([Double].self, forKey: .canary)
    stable = try stored.decode([Double].self, forKey: .stable)
    looks = try stored.decode(Int.self, forKey: .looks)
    logE = try stored.decode(Double.self, forKey: .logE)
    largestLogE = try stored.decode(Double.self, forKey: .largestLogE)
    floor = try stored.decode(NoiseFloor.self, forKey: .floor)
    verdict = try stored.decode(SequentialVerdict.self, forKey: .verdict)
    guard places.count == tails.count, canary.count == bounds.count, stable.count == bounds.count,
      places.allSatisfy({ bounds.indices.dropLast().contains($0) })
    else { throw NotComputable.lengthMismatch }
  }
}
