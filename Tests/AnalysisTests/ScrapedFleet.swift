import Analysis
import Glibc
import MetricModel

/// Pods with counters as a server scrapes them every 15 seconds, for comparisons without a server.
struct ScrapedFleet {
  /// How one version behaves.
  struct Version {
    var name: String
    var pods: Int
    /// Requests per pod and second.
    var rate = 10.0
    var badShare = 0.05
    /// Log-normal latency: the median in seconds, and a factor for the slowest 5 %.
    var median = 0.055
    var tailFactor = 1.0
    /// The standard deviation of a pod's own latency factor, and of its own bad share's factor.
    var podSpread = 0.0
    var badSpread = 0.0
    /// Seconds at which pods start to be scraped; before the window by default.
    var born = -330
    /// Seconds at which the first pod's counters start again at 0.
    var resetAt: Int?
  }

  static let bounds: [Double] = [
    0.01, 0.025, 0.05, 0.075, 0.1, 0.125, 0.15, 0.175, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 1, 2.5,
  ]

  var series: [Series] = []

  /// Scrapes from `born` to `until`, in seconds; no requests while `isIdle`. Without latencies it
  /// is made faster.
  init(
    _ versions: [Version], until: Int, seed: UInt64, hasLatency: Bool = true,
    isIdle: (Int) -> Bool = { _ in false }
  ) {
    var draw = Normals(seed: seed)
    for version in versions {
      for pod in 0..<version.pods {
        let speed = exp(version.podSpread * draw.next())
        let badness = exp(version.badSpread * draw.next())
        series += Self.pod(
          version, pod, until: until, speed: speed, badness: badness, hasLatency: hasLatency,
          &draw, isIdle)
      }
    }
  }

  private static func pod(
    _ version: Version, _ pod: Int, until: Int, speed: Double, badness: Double,
    hasLatency: Bool, _ draw: inout Normals, _ isIdle: (Int) -> Bool
  ) -> [Series] {
    var (total, bad) = (0.0, 0.0)
    var buckets = [Double](repeating: 0, count: bounds.count + 1)
    var columns = [SampleColumns](
      repeating: SampleColumns(), count: hasLatency ? bounds.count + 3 : 2)
    let shares = hasLatency ? latencyShares(version, speed) : []
    for second in stride(from: version.born + pod % 15, through: until, by: 15) {
      if pod == 0, let reset = version.resetAt, second >= reset, second < reset + 15 {
        (total, bad) = (0, 0)
        buckets = buckets.map { _ in 0 }
      }
      if !isIdle(second) {
        let requests = draw.count(mean: version.rate * 15)
        total += requests
        bad += min(requests, draw.count(mean: requests * version.badShare * badness))
        for (index, share) in shares.enumerated() {
          buckets[index] += draw.count(mean: requests * share)
        }
      }
      let time = Timestamp(milliseconds: Int64(second) * 1000)
      columns[0].append(time, total)
      columns[1].append(time, bad)
      guard hasLatency else { continue }
      var running = 0.0
      for (index, count) in buckets.enumerated() {
        running += count
        columns[index + 2].append(time, running)
      }
    }
    return named(columns, version.name, pod)
  }

  private static func named(_ columns: [SampleColumns], _ version: String, _ pod: Int) -> [Series] {
    columns.enumerated().map { index, samples in
      var labels = [("version", version), ("pod", "\(version)-\(pod)"), ("app", "model-server")]
      switch index {
      case 0: labels.append(("__name__", "requests_total"))
      case 1: labels.append(("__name__", "bad_total"))
      default:
        let le = index - 2 < bounds.count ? NumberText.plain(bounds[index - 2]) : "+Inf"
        labels += [("__name__", "latency_bucket"), ("le", le)]
      }
      return Series(labels: Labels(labels), samples: samples)
    }
  }

  /// The share of requests in each bucket.
  private static func latencyShares(_ version: Version, _ speed: Double) -> [Double] {
    let cumulative = bounds.map { bound -> Double in
      let body = Normals.below(log(bound / (version.median * speed)) / 0.4313)
      guard version.tailFactor > 1 else { return body }
      let slowed = Normals.below(
        log(bound / (version.median * speed * version.tailFactor)) / 0.4313)
      // The slowest 5 % are slower by the factor, the rest as before.
      return body <= 0.95 ? body : max(0.95, min(body, slowed))
    }
    return zip(cumulative + [1], [0] + cumulative).map { max(0, $0 - $1) }
  }

  /// Answers `selector{version="..."}[window]` as an instant query of a store does.
  func answer(_ request: QueryRequest) -> QueryValue? {
    guard case .instant(let now) = request.evaluation,
      let brace = request.text.firstIndex(of: "{"), let open = request.text.firstIndex(of: "["),
      let window = Milliseconds(parsing: request.text[open...].dropFirst().dropLast())
    else { return nil }
    let name = String(request.text[..<brace])
    let isCanary = request.text.contains("version=\"canary\"")
    let start = now.advanced(by: Milliseconds(-window.count))
    return .matrix(
      series.compactMap { one in
        guard one.labels.metricName == name,
          (one.labels["version"] == "canary") == isCanary
        else { return nil }
        var kept = SampleColumns()
        for (time, value) in zip(one.samples.timestamps, one.samples.values)
        where time > start.milliseconds && time <= now.milliseconds {
          kept.append(Timestamp(milliseconds: time), value)
        }
        let histograms = one.samples.histograms
        for (time, value) in zip(histograms.timestamps, histograms.values)
        where time > start.milliseconds && time <= now.milliseconds {
          kept.histograms.append(Timestamp(milliseconds: time), value)
        }
        return kept.isEmpty ? nil : Series(labels: one.labels, samples: kept)
      })
  }

  /// Runs a template against the fleet from second 0.
  func run(_ spec: AnalysisSpec, from start: Int64 = 0) -> AnalysisRun {
    var run = AnalysisRun(name: "fleet", spec: spec)
    var time: Timestamp? = Timestamp(milliseconds: start * 1000)
    var event = AnalysisEvent.started
    while let now = time {
      var effects = run.apply(event, at: now)
      time = nil
      while let effect = effects.popLast() {
        switch effect {
        case .measure(let request):
          let values = request.queries.compactMap { answer($0) }
          effects += run.apply(.measured(request.id, .answered(values)), at: now)
        case .wake(let next): time = next
        case .finished: break
        }
      }
      event = .woken
    }
    return run
  }
}

/// Seeded random numbers from the normal distribution, by the sum of twelve uniform ones.
struct Normals {
  private var generator: SplitMix

  init(seed: UInt64) { generator = SplitMix(seed: seed) }

  mutating func next() -> Double {
    (0..<12).reduce(-6.0) { sum, _ in sum + uniform() }
  }

  private mutating func uniform() -> Double {
    Double(generator.next() >> 11) * 0x1p-53
  }

  /// A Poisson count: by products of uniforms, or by the normal law where that is close.
  mutating func count(mean: Double) -> Double {
    if mean <= 0 { return 0 }
    if mean > 60 { return max(0, (mean + mean.squareRoot() * next()).rounded()) }
    let limit = exp(-mean)
    var (product, count) = (uniform(), 0.0)
    while product > limit {
      product *= uniform()
      count += 1
    }
    return count
  }

  /// The normal distribution function.
  static func below(_ x: Double) -> Double {
    0.5 * erfc(-x / 2.0.squareRoot())
  }
}
