import Exposition
import MetricModel
import TimeSeriesStore

/// `/api/v1/admin/tsdb/…`, for operators.
struct AdminEndpoints: Sendable {
  let store: Store
  let options: ServiceOptions

  /// Deletes the samples of the series that `match[]` names between `start` and `end`.
  func deleteSeries(_ request: APIRequest) throws(APIError) -> APIResponse {
    guard options.isAdminEnabled else { throw APIError(.unavailable, "admin APIs disabled") }
    let parameters = request.parameters
    guard !parameters.all("match[]").isEmpty else {
      throw APIError(.badData, "no match[] parameter provided")
    }
    let start = try parameters.time("start", default: .earliest)
    let end = try parameters.time("end", default: .latest)
    let range = TimeRange(after: start.advanced(by: Milliseconds(-1)), through: end)
    let selections = try parameters.selections(.named)
    do {
      for matchers in selections { try store.delete(matching: matchers, in: range) }
    } catch {
      throw APIError(.internal, "delete series: \(error)")
    }
    return .empty(status: 204)
  }

  /// Writes blocks again without what was deleted.
  func cleanTombstones() throws(APIError) -> APIResponse {
    guard options.isAdminEnabled else { throw APIError(.unavailable, "admin APIs disabled") }
    do {
      try store.purgeDeleted()
    } catch {
      throw APIError(.internal, "clean tombstones: \(error)")
    }
    return .empty(status: 204)
  }

  /// Writes everything in its sealed form to `snapshots/NAME` below the data directory.
  func snapshot() throws(APIError) -> APIResponse {
    guard options.isAdminEnabled else { throw APIError(.unavailable, "admin APIs disabled") }
    let now = options.now().milliseconds
    let second = Timestamp(milliseconds: now - now.flooredDivision(by: 1000).remainder)
    let time = second.rfc3339.filter { $0 != "-" && $0 != ":" }
    let name = "\(time)-\(String(UInt64.random(in: 0...(.max >> 1)), radix: 16))"
    do {
      try store.writeSnapshot(into: "\(options.dataDirectory)/snapshots/\(name)")
    } catch {
      throw APIError(.internal, "create snapshot: \(error)")
    }
    return .json(
      QueryResultJSON.success { json in
        json.object { $0.field("name", name) }
      })
  }
}
