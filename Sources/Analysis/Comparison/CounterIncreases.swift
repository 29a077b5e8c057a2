internal import MetricModel

/// What counters have grown by, pod by pod and stratum by stratum.
///
/// A stratum is a fixed stretch of time, counted from the start of the window, so that a later look
/// cuts time in the same places. What grew between two samples belongs to the stratum of the later
/// one. Only strata that are over at the time of the look count: the next look must not change
/// them.
struct CounterIncreases {
  /// One stratum, at most one scrape of each pod at the usual intervals.
  static let stratumLength = Milliseconds.seconds(15)

  let windowStart: Timestamp
  let now: Timestamp
  let warmup: Milliseconds
  /// When each pod was scraped, by the series that say how much it did at all.
  let scrapes: [Labels: [Int64]]

  /// - Parameter reference: the counters of trials, by whose samples pods are known to live.
  init(
    reference: [Series], windowStart: Timestamp, now: Timestamp, warmup: Milliseconds
  ) {
    self.windowStart = windowStart
    self.now = now
    self.warmup = warmup
    var times: [Labels: Set<Int64>] = [:]
    for series in reference {
      times[Self.pod(of: series.labels), default: []].formUnion(series.samples.timestamps)
    }
    scrapes = times.mapValues { $0.sorted() }
  }

  /// What tells one process from another; all labels but name and bucket where nothing does.
  static func pod(of labels: Labels) -> Labels {
    let identity = labels.keeping(["pod", "instance", "job"])
    return identity.isEmpty ? labels.removing([Labels.metricName, "le"]) : identity
  }

  var podCount: Int { scrapes.count }

  /// The strata that are over, from 0.
  var strataCount: Int {
    let elapsed = now.since(windowStart).count
    return elapsed <= 0 ? 0 : Int(elapsed / Self.stratumLength.count)
  }

  /// The growth of one counter: pairs of stratum and amount, in order of time.
  func increments(of series: Series) -> [(stratum: Int, amount: Double)] {
    let pod = Self.pod(of: series.labels)
    guard let scrapes = scrapes[pod], let birth = scrapes.first else { return [] }
    let (warmFrom, overflow) = birth.addingReportingOverflow(warmup.count)
    guard !overflow else { return [] }
    var result: [(stratum: Int, amount: Double)] = []
    var previous: (time: Int64, value: Double)?
    for (time, value) in zip(series.samples.timestamps, series.samples.values) where !value.isNaN {
      defer { previous = (time, value) }
      // A counter that appears while its pod is scraped already has counted from 0 since the scrape
      // before; one that appears with its pod has no known start.
      let before = previous ?? earlierScrape(than: time, in: scrapes).map { ($0, 0) }
      guard let before, before.time >= warmFrom, before.time >= windowStart.milliseconds else {
        continue
      }
      // A counter that fell was reset: all it shows has been counted since.
      let amount = value < before.value ? value : value - before.value
      guard amount > 0, let stratum = stratum(at: time) else { continue }
      result.append((stratum, amount))
    }
    return result
  }

  /// How long a pod was watched, in seconds: pairs of stratum and length. The stretch between two
  /// scrapes belongs to the stratum of the later one, as what was counted in it.
  func exposures(of pod: Labels) -> [(stratum: Int, seconds: Double)] {
    guard let scrapes = scrapes[pod], let birth = scrapes.first else { return [] }
    let (warmFrom, overflow) = birth.addingReportingOverflow(warmup.count)
    guard !overflow else { return [] }
    var result: [(stratum: Int, seconds: Double)] = []
    for (before, time) in zip(scrapes, scrapes.dropFirst())
    where before >= warmFrom && before >= windowStart.milliseconds {
      guard let stratum = stratum(at: time) else { continue }
      result.append((stratum, Double(time - before) / 1000))
    }
    return result
  }

  /// Nil for a stratum that isn't over yet.
  private func stratum(at time: Int64) -> Int? {
    let offset = Timestamp(milliseconds: time).since(windowStart).count
    guard offset > 0 else { return nil }
    let index = Int((offset - 1) / Self.stratumLength.count)
    return index < strataCount ? index : nil
  }

  private func earlierScrape(than time: Int64, in scrapes: [Int64]) -> Int64? {
    scrapes.last { $0 < time }
  }
}

extension CounterIncreases {
  /// Whether a sample of a gauge counts: its pod is warm and its stratum over.
  func counts(_ time: Int64, in series: Series) -> Bool {
    guard let birth = scrapes[Self.pod(of: series.labels)]?.first, time >= windowStart.milliseconds
    else { return false }
    let (warmFrom, overflow) = birth.addingReportingOverflow(warmup.count)
    return !overflow && time >= warmFrom && time <= now.milliseconds
  }
}
