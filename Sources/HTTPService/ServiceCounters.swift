import Exposition
import MetricModel
import Synchronization
import TimeSeriesStore

/// What the server has done since its start, for `/metrics`.
final class ServiceCounters: Sendable {
  private struct Request: Hashable {
    var route: String
    var status: Int
  }

  private struct State {
    var requests: [Request: Int] = [:]
    var seconds: [String: Double] = [:]
    var accepted = 0
    var duplicates = 0
    var refused = 0
    var queries = 0
    var abandoned = 0
    var abandonedSeconds = 0.0
  }

  private let state = Mutex(State())

  func countRequest(route: String, status: Int, duration: Duration) {
    let seconds = duration / .seconds(1)
    state.withLock { state in
      state.requests[Request(route: route, status: status), default: 0] += 1
      state.seconds[route, default: 0] += seconds
    }
  }

  /// Counts a request whose client had gone before it was answered.
  ///
  /// - Parameter duration: how long it was worked on in vain.
  func countAbandoned(_ duration: Duration) {
    state.withLock { state in
      state.abandoned += 1
      state.abandonedSeconds += duration / .seconds(1)
    }
  }

  /// Notes that a query has come (1) or gone (-1).
  func countQuery(_ change: Int) { state.withLock { $0.queries += change } }

  func count(_ outcome: AppendOutcome) {
    state.withLock { state in
      state.accepted += outcome.accepted
      state.duplicates += outcome.duplicates
      state.refused += outcome.refused
    }
  }

  /// Samples that came, whatever became of them.
  var sampleCount: Int { state.withLock { $0.accepted + $0.duplicates + $0.refused } }

  /// Rows that were refused before the store saw them.
  func countRefused(_ rows: Int) { state.withLock { $0.refused += rows } }

  /// Rows in the order of their labels.
  func write(to text: inout MetricsText) {
    let state = state.withLock { $0 }
    let requests = state.requests.sorted {
      ($0.key.route, $0.key.status) < ($1.key.route, $1.key.status)
    }
    text.family("prometheus_http_requests_total", "counter", "Requests answered.")
    for (request, count) in requests {
      text.sample(
        "prometheus_http_requests_total", Double(count),
        [("code", "\(request.status)"), ("handler", request.route)])
    }
    let duration = "prometheus_http_request_duration_seconds"
    text.family(duration, "summary", "Time spent on answering.")
    for (route, seconds) in state.seconds.sorted(by: { $0.key < $1.key }) {
      let count = requests.filter { $0.key.route == route }.reduce(0) { $0 + $1.value }
      text.sample("\(duration)_sum", seconds, [("handler", route)])
      text.sample("\(duration)_count", Double(count), [("handler", route)])
    }
    text.gauge(
      "prometheus_engine_queries", Double(state.queries), "Queries at work or waiting.")
    let abandoned = "assay_http_abandoned_seconds"
    text.family(abandoned, "summary", "Time spent on requests after their client had gone.")
    text.sample("\(abandoned)_sum", state.abandonedSeconds, [])
    text.sample("\(abandoned)_count", Double(state.abandoned), [])
    let ingested = "assay_ingested_samples_total"
    text.family(ingested, "counter", "Samples received by remote write and OpenTelemetry.")
    text.sample(ingested, Double(state.accepted), [("outcome", "accepted")])
    text.sample(ingested, Double(state.duplicates), [("outcome", "duplicate")])
    text.sample(ingested, Double(state.refused), [("outcome", "refused")])
  }
}
