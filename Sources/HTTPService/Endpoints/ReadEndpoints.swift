import Exposition
import MetricModel
import PromQL
import Rules
import TimeSeriesStore

/// Series as they are, for other servers: `/api/v1/read` and `/federate`.
struct ReadEndpoints: Sendable {
  let store: Store
  let options: ServiceOptions

  /// Remote read, both kinds of answers.
  func read(_ request: APIRequest) throws(APIError) -> APIResponse {
    let asked: ReadRequest
    do {
      let message = try RemoteWrite.decompressed(
        request.body, bytesMax: options.decodedWriteBytesMax)
      asked = try ReadRequest(message: message)
    } catch {
      return .text("\(error)\n", status: 400)
    }
    let walk = try walk(asked.queries.map { ($0.matchers, $0.range) }, request)
    var response = APIResponse(status: 200, contentType: asked.answer.contentType, body: [])
    switch asked.answer {
    case .chunks: response.parts = ChunkParts(walk)
    case .samples:
      do {
        response.parts = try SampleParts(walk, of: asked.queries.count)
      } catch  where error.kind == .badData {
        return .text(error.message + "\n", status: 400)
      }
      response.headers["Content-Encoding"] = "snappy"
    }
    return response
  }

  /// `match[]`: the newest sample within the lookback of every series named, as text.
  func federate(_ request: APIRequest) throws(APIError) -> APIResponse {
    let now = options.now()
    let lookback = options.queries.lookback
    let range = TimeRange(after: now.advanced(by: Milliseconds(-lookback.count)), through: now)
    var selections: [(matchers: [LabelMatcher], range: TimeRange)] = []
    for text in request.parameters.all("match[]") {
      do {
        selections.append((try Parser.parseSelector(text).matchers, range))
      } catch {
        return .text("\(error)\n", status: 400)
      }
    }
    var walk = try walk(selections, request)
    var newest: [Labels: FederationParts.Row] = [:]
    _ = try walk.advance { _, series in
      if let time = series.samples.timestamps.last, let value = series.samples.values.last,
        !value.isStaleMarker, !series.labels.metricName.isEmpty,
        time >= series.samples.histograms.timestamps.last ?? .min
      {
        newest[series.labels] = FederationParts.Row(
          labels: series.labels, time: time, value: value)
      }
      return true
    }
    var parts = FederationParts(
      Array(newest.values), externalLabels: options.rules.environment.externalLabels)
    var response = APIResponse(
      status: 200, contentType: "text/plain; version=0.0.4; charset=utf-8; escaping=values",
      body: [])
    guard parts.isSmall else {
      response.parts = parts
      return response
    }
    while let part = parts.next() { response.body += part }
    return response
  }

  private func walk(
    _ selections: [(matchers: [LabelMatcher], range: TimeRange)], _ request: APIRequest
  ) throws(APIError) -> SeriesWalk {
    let source = options.series(beside: store)
    var found: [SeriesWalk.Selection] = []
    do {
      for (matchers, range) in selections {
        found.append(.init(series: try source.select(matchers, in: range), range: range))
      }
    } catch {
      throw APIError(error)
    }
    return SeriesWalk(found, isAbandoned: request.isAbandoned)
  }
}
