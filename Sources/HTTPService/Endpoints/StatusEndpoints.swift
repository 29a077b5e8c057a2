import Exposition
import MetricModel
import TimeSeriesStore

/// What monitors and clients ask about the server itself.
struct StatusEndpoints: Sendable {
  let options: ServiceOptions
  let counters: ServiceCounters
  let runner: RuleRunner
  let started: Timestamp

  init(options: ServiceOptions, counters: ServiceCounters, runner: RuleRunner) {
    self.runner = runner
    self.options = options
    self.counters = counters
    started = options.now()
  }

  func ready() -> APIResponse { .text("Assay is Ready.\n") }

  func healthy() -> APIResponse { .text("Assay is Healthy.\n") }

  /// Prometheus' fields; those that don't apply are empty.
  func buildInformation() -> APIResponse {
    .json(
      QueryResultJSON.success { json in
        json.object { json in
          json.field("version", options.version)
          for name in ["revision", "branch", "buildUser", "buildDate", "goVersion"] {
            json.field(name, "")
          }
          json.field("application", "assay")
        }
      })
  }

  /// The options the server was started with, as text.
  func flags(_ request: APIRequest) throws(APIError) -> APIResponse {
    .json(
      QueryResultJSON.success { json in
        json.object { json in
          for (name, value) in options.flags.sorted(by: { $0.key < $1.key }) {
            json.field(name, value)
          }
        }
      })
  }

  /// Prometheus' fields; those about Go's runtime are left out.
  func runtimeInformation(_ request: APIRequest) throws(APIError) -> APIResponse {
    let loading = runner.lastLoading
    let isLoaded = loading.hasSucceeded && options.configuration?.state.isLoaded ?? true
    return .json(
      QueryResultJSON.success { json in
        json.object { json in
          json.field("startTime", started.rfc3339)
          json.field("CWD", "")
          json.field("reloadConfigSuccess") { $0.boolean(isLoaded) }
          json.field("lastConfigTime", loading.time.rfc3339)
          json.field("corruptionCount") { $0.integer(0) }
          json.field("serverTime", options.now().rfc3339)
        }
      })
  }
}
