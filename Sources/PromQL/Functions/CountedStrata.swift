internal import Glibc
internal import MetricModel
internal import Statistics

/// Successes and totals of one side within a window: counters, cut into increments from sample to
/// sample.
struct CountedArm {
  /// What one pod counted, a pod being a series of totals and the successes of the same labels.
  struct Increment {
    var time: Int64
    var pod: Int
    var successes: Double
    var totals: Double
  }

  private(set) var increments: [Increment] = []
  /// The times of the series that was seen most often.
  private(set) var times: [Int64] = []

  /// The increase from each sample to the next; after a reset all that was counted since.
  mutating func add(
    _ values: ArraySlice<Double>, at times: ArraySlice<Int64>, pod: Int, areTotals: Bool
  ) {
    if areTotals && times.count > self.times.count { self.times = Array(times) }
    for (index, next) in zip(values.indices, values.indices.dropFirst()) {
      let (before, after) = (values[index], values[next])
      let increase = after < before ? after : after - before
      increments.append(
        Increment(
          time: times[times.startIndex + (next - values.startIndex)], pod: pod,
          successes: areTotals ? 0 : increase, totals: areTotals ? increase : 0))
    }
  }
}

/// `sequential_two_proportions`: the window's scrapes judged one after the other.
///
/// Each scrape of the first side is a stratum, so rates that drift do no harm. Two judges, one for
/// each direction, share the budget: the mean of their e-values is one.
struct StrataJudgement {
  private var judges: (CountJudge, CountJudge)
  private var largestLogE = 0.0
  /// Why strata were left out.
  private(set) var refusals: Set<NotComputable> = []

  /// - Throws: `tooFewObservations` when no scrape compares both sides.
  static func answer(
    _ first: CountedArm, _ second: CountedArm
  ) throws(NotComputable) -> (answer: EvidenceAnswer, refusals: Set<NotComputable>) {
    var judgement = try StrataJudgement()
    judgement.observe(first, second)
    let judge = judgement.judges.0
    guard judge.looks > 0 else { throw judgement.refusals.first ?? .tooFewObservations }
    let evidence = judge.evidence(level: EvidenceAnswer.level)
    let answer = EvidenceAnswer(
      strength: exp(judgement.largestLogE), estimate: evidence.estimate,
      interval: evidence.interval, sizes: evidence.samples)
    return (answer, judgement.refusals)
  }

  private init() throws(NotComputable) {
    let share = (1 - EvidenceAnswer.level) / 2
    judges = (
      CountJudge(try JudgeSettings(alternative: .greater, alpha: share)),
      CountJudge(try JudgeSettings(alternative: .less, alpha: share))
    )
  }

  /// What was counted until a scrape of the first side; what one side alone has counted waits for
  /// the next.
  private mutating func observe(_ first: CountedArm, _ second: CountedArm) {
    var sides = [SideWalk(first), SideWalk(second)]
    guard let start = first.times.first else { return }
    for index in sides.indices { sides[index].skip(through: start) }
    for time in first.times.dropFirst() {
      for index in sides.indices { sides[index].collect(through: time) }
      guard sides.allSatisfy({ $0.totals > 0 }) else { continue }
      let (canary, stable) = (sides[0].takePods(from: 0), sides[1].takePods(from: 1 << 32))
      do {
        try look(canary, stable)
      } catch {
        refusals.insert(error)
      }
    }
  }

  private mutating func look(
    _ canary: [Int: CountedArm.Increment], _ stable: [Int: CountedArm.Increment]
  ) throws(NotComputable) {
    let scrape = Scrape(canary: try Self.pods(canary), stable: try Self.pods(stable))
    try judges.0.observe(scrape)
    try judges.1.observe(scrape)
    let logs = (judges.0.logE, judges.1.logE)
    let larger = max(logs.0, logs.1)
    largestLogE = max(
      largestLogE, larger + log((exp(logs.0 - larger) + exp(logs.1 - larger)) / 2))
  }

  private static func pods(
    _ counted: [Int: CountedArm.Increment]
  ) throws(NotComputable) -> [Scrape<Proportion>.Pod] {
    var pods: [Scrape<Proportion>.Pod] = []
    for (id, sum) in counted.sorted(by: { $0.key < $1.key }) {
      pods.append(
        Scrape.Pod(id: id, reading: try Proportion(events: sum.successes, trials: sum.totals)))
    }
    return pods
  }

  /// Increments of one side in order of time.
  private struct SideWalk {
    private let increments: [CountedArm.Increment]
    private var next = 0
    private var pods: [Int: CountedArm.Increment] = [:]
    private(set) var totals = 0.0

    init(_ arm: CountedArm) {
      increments = arm.increments.sorted { $0.time < $1.time }
    }

    mutating func skip(through time: Int64) {
      while next < increments.count, increments[next].time <= time { next += 1 }
    }

    mutating func collect(through time: Int64) {
      while next < increments.count, increments[next].time <= time {
        let new = increments[next]
        next += 1
        totals += new.totals
        guard var sum = pods[new.pod] else {
          pods[new.pod] = new
          continue
        }
        sum.successes += new.successes
        sum.totals += new.totals
        pods[new.pod] = sum
      }
    }

    /// Hands over what was collected, by pods whose numbers begin at `origin`.
    mutating func takePods(from origin: Int) -> [Int: CountedArm.Increment] {
      defer {
        pods = [:]
        totals = 0
      }
      return Dictionary(uniqueKeysWithValues: pods.map { ($0.key + origin, $0.value) })
    }
  }
}
