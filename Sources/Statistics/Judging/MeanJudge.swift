import Glibc

/// Judges a canary by a gauge, scrape after scrape: queue lengths, memory, a mean score.
///
/// ```swift
/// var judge = try MeanJudge(settings)
/// try judge.observe(
///   Scrape(canary: [.init(id: 7, reading: 412)], stable: [.init(id: 1, reading: 398)]))
/// ```
///
/// A gauge has one value per pod and scrape, and successive values are hardly independent; so the
/// mean of each pod over the scrapes is one observation, and the arms are compared by Welch's t
/// over pods. From history, the noise floor's pod and time variances (in the gauge's unit) take
/// the place of the spread that is seen, and one canary pod is enough. The t value, as the normal
/// deviate with the same tail probability, then goes the way of `DeviateProcess`.
///
/// Asymptotic in the number of pods: with two pods an arm it is careful, not exact. Not for gauges
/// that count something: a counter's increase says more.
package struct MeanJudge: Sendable, Hashable, Codable {
  private var process: DeviateProcess
  /// By pod: Σ values and how many.
  private var canary: [Int: PodMean] = [:]
  private var stable: [Int: PodMean] = [:]

  package init(_ settings: JudgeSettings) throws(NotComputable) {
    process = try DeviateProcess(settings)
  }

  package var settings: JudgeSettings { process.settings }
  package var looks: Int { process.looks }
  package var logE: Double { process.logE }
  package var largestLogE: Double { process.largestLogE }
  package var verdict: SequentialVerdict { process.verdict }

  /// Takes in the value of each pod at one scrape.
  ///
  /// - Throws: `nanInput`, `nonFiniteInput`.
  @discardableResult
  package mutating func observe(
    _ scrape: Scrape<Double>
  ) throws(NotComputable) -> SequentialVerdict {
    let warm = scrape.warm(after: settings.warmUpSeconds)
    for pod in warm.canary + warm.stable {
      if pod.reading.isNaN { throw .nanInput }
      if !pod.reading.isFinite { throw .nonFiniteInput }
    }
    for pod in warm.canary { canary[pod.id, default: PodMean()].add(pod.reading) }
    for pod in warm.stable { stable[pod.id, default: PodMean()].add(pod.reading) }
    if !warm.canary.isEmpty, !warm.stable.isEmpty {
      process.looks += 1
      if let (z, error) = deviate { process.look(z: z, error: error) }
    }
    return verdict
  }

  /// The difference as a normal deviate, and its standard error; nil where the spread of pods is
  /// neither seen nor known.
  private var deviate: (z: Double, error: Double)? {
    let (first, second) = (moments(canary), moments(stable))
    if case .history(let floor) = settings.noise {
      guard first.count > 0, second.count > 0 else { return nil }
      let scrapes = min(Double(looks), largestCount)
      let variance =
        floor.podVariance * (1 / first.count + 1 / second.count)
        + floor.timeVariance(ofMeanOver: scrapes)
      return (first.meanDifference(from: second) / variance.squareRoot(), variance.squareRoot())
    }
    guard let test = try? WelchTest(canary: first, baseline: second) else { return nil }
    let tails = test.tails()
    let z =
      tails.logUpper < tails.logLower
      ? Normal.inverseSurvival(logP: tails.logUpper) : -Normal.inverseSurvival(logP: tails.logLower)
    return (z, test.standardError)
  }

  private var largestCount: Double {
    (Array(canary.values) + Array(stable.values)).reduce(0) { max($0, $1.count) }
  }

  private func moments(_ pods: [Int: PodMean]) -> Moments {
    Moments(of: pods.sorted { $0.key < $1.key }.map { $0.value.sum / $0.value.count })
  }

  /// What has been shown so far, pods as observations; the strength is the largest e-value.
  ///
  /// - Throws: `tooFewObservations` for fewer than two pods in an arm, `zeroVariance` where pods
  ///   don't differ.
  package func evidence(level: Double = 0.95) throws(NotComputable) -> Evidence {
    let test = try WelchTest(canary: moments(canary), baseline: moments(stable))
    var evidence = test.evidence(for: settings.alternative)
    evidence.interval = test.interval(level: level)
    evidence.strength = .logE(largestLogE)
    evidence.method =
      (process.isPlanned ? "information spending" : "normal mixture")
      + " over means of pods, \(looks) looks"
    return evidence
  }
}

/// The values of one pod.
private struct PodMean: Sendable, Hashable, Codable {
  private var total = CompensatedSum()
  private(set) var count = 0.0

  var sum: Double { total.result }

  mutating func add(_ value: Double) {
    total.add(value)
    count += 1
  }
}
