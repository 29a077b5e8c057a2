/// Two amounts of one pod between two scrapes: seconds and requests, bytes and answers.
package struct RatioReading: Sendable, Hashable, Codable {
  package var numerator: Double
  package var denominator: Double

  package init(numerator: Double, denominator: Double) {
    self.numerator = numerator
    self.denominator = denominator
  }
}

/// Judges a canary by a ratio of sums, scrape after scrape: seconds a request, bytes an answer.
///
/// ```swift
/// var judge = try RatioJudge(settings)
/// try judge.observe(Scrape(canary: canary, stable: stable))   // readings: RatioReading
/// ```
///
/// Pods are the units: the sums of each so far are one observation, and the arms' ratios are
/// compared by the delta method (`RatioTest`). Its z, as of Student's t with the smaller arm's pods
/// less one, goes the way of `DeviateProcess`. Two pods an arm at least; with so few it is careful.
package struct RatioJudge: Sendable, Hashable, Codable {
  private var process: DeviateProcess
  private var canary: [Int: RatioReading] = [:]
  private var stable: [Int: RatioReading] = [:]

  package init(_ settings: JudgeSettings) throws(NotComputable) {
    process = try DeviateProcess(settings)
  }

  package var settings: JudgeSettings { process.settings }
  package var looks: Int { process.looks }
  package var logE: Double { process.logE }
  package var largestLogE: Double { process.largestLogE }
  package var verdict: SequentialVerdict { process.verdict }

  /// Takes in what each pod had since the scrape before.
  ///
  /// - Throws: `nanInput`, `nonFiniteInput`; `negativeCount` for a denominator below 0.
  @discardableResult
  package mutating func observe(
    _ scrape: Scrape<RatioReading>
  ) throws(NotComputable) -> SequentialVerdict {
    let warm = scrape.warm(after: settings.warmUpSeconds)
    for pod in warm.canary + warm.stable {
      let (numerator, denominator) = (pod.reading.numerator, pod.reading.denominator)
      if numerator.isNaN || denominator.isNaN { throw .nanInput }
      guard numerator.isFinite, denominator.isFinite else { throw .nonFiniteInput }
      guard denominator >= 0 else { throw .negativeCount }
    }
    Self.add(warm.canary, to: &canary)
    Self.add(warm.stable, to: &stable)
    guard !warm.canary.isEmpty, !warm.stable.isEmpty else { return verdict }
    process.looks += 1
    if let test = try? test() {
      let degrees = Double(min(test.canary.unitCount, test.baseline.unitCount) - 1)
      let t = StudentT(degreesOfFreedom: degrees)
      let magnitude = Normal.inverseSurvival(logP: t.logSurvival(abs(test.z)))
      process.look(z: test.z < 0 ? -magnitude : magnitude, error: test.standardError)
    }
    return verdict
  }

  private static func add(_ pods: [Scrape<RatioReading>.Pod], to sums: inout [Int: RatioReading]) {
    for pod in pods {
      var sum = sums[pod.id] ?? RatioReading(numerator: 0, denominator: 0)
      sum.numerator += pod.reading.numerator
      sum.denominator += pod.reading.denominator
      sums[pod.id] = sum
    }
  }

  private func test() throws(NotComputable) -> RatioTest {
    try RatioTest(canary: arm(canary), baseline: arm(stable))
  }

  private func arm(_ sums: [Int: RatioReading]) throws(NotComputable) -> RatioArm {
    let pods = sums.filter { $0.value.denominator > 0 }.sorted { $0.key < $1.key }.map(\.value)
    return try RatioArm(
      numerators: pods.map(\.numerator), denominators: pods.map(\.denominator))
  }

  /// The canary's ratio over the stable one's with Fieller's interval; the strength is the largest
  /// e-value.
  ///
  /// - Throws: `tooFewObservations` for fewer than two pods in an arm, `zeroVariance` where pods
  ///   don't differ.
  package func evidence(level: Double = 0.95) throws(NotComputable) -> Evidence {
    let test = try test()
    var evidence = test.evidence(for: settings.alternative)
    evidence.effect = Effect(name: "ratio of ratios", neutralValue: 1)
    evidence.estimate = 1 + test.lift
    evidence.interval = test.fiellerInterval(level: level)
    evidence.strength = .logE(largestLogE)
    evidence.method =
      (process.isPlanned ? "information spending" : "normal mixture")
      + " over ratios of pods, \(looks) looks"
    return evidence
  }
}
