import Exposition
import MetricModel
import PromQL
import TimeSeriesStore

/// `/api/v1/explain`: the plan of a query, and with `analyze=true` what each part of it costs.
extension QueryEndpoints {
  /// `query`; `start`, `end` and `step` of a range query, or `time`; `analyze`, `timeout`,
  /// `lookback_delta`.
  func explain(_ request: APIRequest) throws(APIError) -> APIResponse {
    let parameters = request.parameters
    let deadline = try deadline(request)
    let query = try query(parameters)
    let isRange = ["start", "end", "step"].contains { !parameters.text($0).isEmpty }
    let times: QueryTimes =
      isRange
      ? .range(try grid(parameters))
      : .instant(try parameters.time("time", default: options.now()))
    let explanation: PlanExplanation
    do {
      if ["1", "true"].contains(parameters.text("analyze")) {
        explanation = try query.analysed(
          at: times, from: options.series(beside: store), limits: deadline.limits,
          clock: Self.clock()
        ).explanation
      } else {
        explanation = try query.explained(at: times, from: options.series(beside: store))
      }
    } catch {
      throw apiError(error, deadline)
    }
    return .json(
      QueryResultJSON.success { json in
        json.object { json in
          json.field("text", explanation.text)
          json.field("operators") { json in
            json.array { json in explanation.nodes.forEach { Self.write($0, to: &json) } }
          }
        }
      })
  }

  private static func write(_ node: PlanExplanation.Node, to json: inout JSONWriter) {
    json.object { json in
      json.field("depth") { $0.integer(Int64(node.depth)) }
      json.field("operator", node.line)
      if let rows = node.estimatedRows {
        json.field("estimatedRows") { $0.integer(Int64(rows)) }
      }
      if let cost = node.cost {
        json.field("rows") { $0.integer(Int64(cost.rows)) }
        json.field("tiles") { $0.integer(Int64(cost.tiles)) }
        json.field("nanoseconds") { $0.integer(Int64(clamping: cost.nanoseconds)) }
        json.field("bytesKept") { $0.integer(Int64(cost.bytesKept)) }
      }
    }
  }

  /// Nanoseconds since now.
  private static func clock() -> @Sendable () -> UInt64 {
    let start = ContinuousClock.now
    return {
      let (seconds, attoseconds) = start.duration(to: .now).components
      return UInt64(clamping: seconds) &* 1_000_000_000
        &+ UInt64(clamping: attoseconds / 1_000_000_000)
    }
  }
}
