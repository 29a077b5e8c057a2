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
  }

  private let state = Mutex(State())

  func countRequest(route: String, status: Int, duration: Duration) {
    let parts = duration.components
    let seconds = Double(parts.seconds) + Double(parts.attoseconds) * 1e-18
    state.withLock { state in
      state.requests[Request(route: route, status: status), default: 0] += 1
      state.seconds[route, default: 0] += seconds
    }
  }

  func count(_ outcome: AppendOutcome) {
    state.withLock { state in
      state.accepted += outcome.accepted
      state.duplicates += outcome.duplicates
      state.refused += outcome.refused
    }
  }

  /// Samples that came, whatever became of them.
  var sampleCount: Int { state.withLock { $0.accepted + $0.duplicates + $0.refused } }

  /// The text format, rows sorted.
  func text(version: String) -> String {
    let state = state.withLock { $0 }
    var lines = [
      "# HELP assay_build_info A constant 1 with the version of the server.",
      "# TYPE assay_build_info gauge",
      "assay_build_info{version=\(GoText.quoted(version))} 1",
      "# HELP assay_http_requests_total Requests answered.",
      "# TYPE assay_http_requests_total counter",
    ]
    let requests = state.requests.sorted {
      ($0.key.route, $0.key.status) < ($1.key.route, $1.key.status)
    }
    for (request, count) in requests {
      let route = GoText.quoted(request.route)
      lines.append(
        "assay_http_requests_total{handler=\(route),code=\"\(request.status)\"} \(count)")
    }
    lines += [
      "# HELP assay_http_request_seconds_total Time spent on answering.",
      "# TYPE assay_http_request_seconds_total counter",
    ]
    for (route, seconds) in state.seconds.sorted(by: { $0.key < $1.key }) {
      lines.append(
        "assay_http_request_seconds_total{handler=\(GoText.quoted(route))} "
          + NumberText.json(seconds))
    }
    lines += [
      "# HELP assay_ingested_samples_total Samples received by remote write.",
      "# TYPE assay_ingested_samples_total counter",
      "assay_ingested_samples_total{outcome=\"accepted\"} \(state.accepted)",
      "assay_ingested_samples_total{outcome=\"duplicate\"} \(state.duplicates)",
      "assay_ingested_samples_total{outcome=\"refused\"} \(state.refused)",
    ]
    return lines.joined(separator: "\n") + "\n"
  }
}
