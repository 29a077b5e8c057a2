internal import MetricModel

/// What counters have grown by, pod by pod and stratum by stratum.
///
/// A stratum is a fixed stretch of time, counted from the start of the window, so that a later look
/// cuts time in the same places. What grew between two samples belongs to the stratum of the later
/// one. Only strata that are over at the time of the look count: the next look must not change
/// them.
struct CounterIncreases {
  let windowStart: Timestamp
  let now: Timestamp
  let warmup: Milliseconds
  /// When each pod was scraped, by the series that say how much it did at all.
  let scrapes: [Labels: [Int64]]
  /// Long enough to hold a scrape of each pod.
  let stratumLength: Milliseconds
  /// The strata that are over and whole, from 0.
  let strataCount: Int

  /// - Parameters:
  ///   - reference: the counters of trials, by whose samples pods are known to live.
  ///   - companions: what is held against them, asked for by another query.
  init(
    reference: [Series], companions: [Series] = [], windowStart: Timestamp, now: Timestamp,
    warmup: Milliseconds
  ) {
    self.windowStart = windowStart
    self.now = now
    self.warmup = warmup
    var times: [Labels: Set<Int64>] = [:]
    for series in reference {
      let pod = Self.pod(of: series.labels)
      times[pod, default: []].formUnion(series.samples.timestamps)
      times[pod, default: []].formUnion(series.samples.histograms.timestamps)
    }
    let scrapes = times.mapValues { $0.sorted() }
    let length = Self.stratumLength(scrapes.values)
    self.scrapes = scrapes
    stratumLength = length
    let elapsed = now.since(windowStart).count
    let over = elapsed <= 0 ? 0 : Int(elapsed / length.count)
    let torn = Self.firstTorn(scrapes, companions, within: 2 * length.count).map {
      Int((max(1, Timestamp(milliseconds: $0).since(windowStart).count) - 1) / length.count)
    }
    strataCount = min(over, torn ?? over)
  }

  /// The first scrape that only one of two queries has seen. A scrape bears the time of its start,
  /// so it may come in between two queries about one time, and then belongs to neither yet.
  ///
  /// - Parameter reach: a counter that is further behind has ended.
  private static func firstTorn(
    _ scrapes: [Labels: [Int64]], _ companions: [Series], within reach: Int64
  ) -> Int64? {
    var others: [Labels: [Int64]] = [:]
    for series in companions {
      others[pod(of: series.labels), default: []] += series.samples.timestamps
    }
    var first: Int64?
    for (pod, times) in scrapes {
      guard let other = others[pod], let last = times.last, let otherLast = other.max(),
        last != otherLast
      else { continue }
      let (known, leading) = last < otherLast ? (last, other.sorted()) : (otherLast, times)
      guard let missing = leading.first(where: { $0 > known }), let newest = leading.last else {
        continue
      }
      let behind = newest.subtractingReportingOverflow(known)
      guard !behind.overflow, behind.partialValue <= reach else { continue }
      first = min(first ?? missing, missing)
    }
    return first
  }

  /// The least multiple of 15 s that holds a scrape of most pods. By the first two scrapes of each,
  /// so that later looks find the same.
  private static func stratumLength(_ scrapes: some Collection<[Int64]>) -> Milliseconds {
    let shortest = Milliseconds.seconds(15).count
    let gaps = scrapes.filter { $0.count > 1 }.map { times in
      let gap = times[1].subtractingReportingOverflow(times[0])
      return gap.overflow ? Int64.max : gap.partialValue
    }.sorted()
    guard !gaps.isEmpty else { return Milliseconds(shortest) }
    // Scrapes are a few milliseconds late, or early.
    let usual = min(gaps[gaps.count / 2], 3_600_000) - 1_000
    return Milliseconds(shortest * max(1, (usual + shortest - 1) / shortest))
  }

  /// What tells one process from another; all labels but name and bucket where nothing does.
  static func pod(of labels: Labels) -> Labels {
    let identity = labels.keeping(["pod", "instance", "job"])
    return identity.isEmpty ? labels.removing([Labels.metricName, "le"]) : identity
  }

  /// When a stratum was over.
  func end(ofStratum stratum: Int) -> Timestamp {
    windowStart.advanced(by: Milliseconds(Int64(stratum + 1) * stratumLength.count))
  }

  /// The growth of one counter: pairs of stratum and amount, in order of time.
  func increments(of series: Series) -> [(stratum: Int, amount: Double)] {
    let samples = series.samples
    var result: [(stratum: Int, amount: Double)] = []
    visit(series.labels, samples.timestamps, samples.values, isMissing: \.isNaN) {
      stratum, before, value in
      // A counter that fell was reset: all it shows has been counted since.
      let amount = before.map { value < $0 ? value : value - $0 } ?? value
      if amount > 0 { result.append((stratum, amount)) }
    }
    return result
  }

  /// The growth of one native histogram.
  func increments(ofHistograms series: Series) -> [(stratum: Int, amount: NativeHistogram)] {
    let samples = series.samples.histograms
    var result: [(stratum: Int, amount: NativeHistogram)] = []
    visit(series.labels, samples.timestamps, samples.values, isMissing: \.isStaleMarker) {
      stratum, before, value in
      var amount = value
      if let before, !value.isReset(since: before) {
        // Grids that can't be reconciled are those of another process.
        _ = try? amount.subtract(before)
      }
      if amount.count > 0 { result.append((stratum, amount)) }
    }
    return result
  }

  /// Calls with each step from a value to the next that counts; nil for a counter that began at
  /// nothing.
  private func visit<Value>(
    _ labels: Labels, _ times: [Int64], _ values: [Value], isMissing: (Value) -> Bool,
    _ body: (_ stratum: Int, _ before: Value?, _ value: Value) -> Void
  ) {
    let pod = Self.pod(of: labels)
    guard let scrapes = scrapes[pod], let warmFrom = warmFrom(pod) else { return }
    var previous: (time: Int64, value: Value)?
    for (time, value) in zip(times, values) where !isMissing(value) {
      defer { previous = (time, value) }
      // A counter that appears while its pod is scraped already has counted from 0 since the scrape
      // before; one that appears with its pod has no known start.
      let start = previous?.time ?? scrapes.last { $0 < time }
      guard let start, start >= warmFrom, start >= windowStart.milliseconds,
        let stratum = stratum(at: time)
      else { continue }
      body(stratum, previous?.value, value)
    }
  }

  /// How long a pod was watched, in seconds: pairs of stratum and length. The stretch between two
  /// scrapes belongs to the stratum of the later one, as what was counted in it.
  func exposures(of pod: Labels) -> [(stratum: Int, seconds: Double)] {
    guard let scrapes = scrapes[pod], let warmFrom = warmFrom(pod) else { return [] }
    var result: [(stratum: Int, seconds: Double)] = []
    for (before, time) in zip(scrapes, scrapes.dropFirst())
    where before >= warmFrom && before >= windowStart.milliseconds {
      guard let stratum = stratum(at: time) else { continue }
      result.append((stratum, Double(time - before) / 1000))
    }
    return result
  }

  /// Whether a sample of a gauge counts: its pod is warm and the window open.
  func counts(_ time: Int64, of pod: Labels) -> Bool {
    guard let warmFrom = warmFrom(pod) else { return false }
    return time >= warmFrom && time >= windowStart.milliseconds
  }

  /// Nil for a pod that was never scraped.
  private func warmFrom(_ pod: Labels) -> Int64? {
    guard let birth = scrapes[pod]?.first else { return nil }
    let (time, overflow) = birth.addingReportingOverflow(warmup.count)
    return overflow ? nil : time
  }

  /// Nil for a stratum that isn't over yet.
  func stratum(at time: Int64) -> Int? {
    let offset = Timestamp(milliseconds: time).since(windowStart).count
    guard offset > 0 else { return nil }
    let index = Int((offset - 1) / stratumLength.count)
    return index < strataCount ? index : nil
  }
}
