import Exposition
import HTTPTransport
import MetricModel

/// A server that answers whole queries, by `/api/v1/query` and `/api/v1/query_range`.
struct RemoteEngine: QueryEngine {
  let server: RemoteServer
  let reach: QueryReach
  let isCancelled: @Sendable () -> Bool

  var name: String { server.address }

  func answer(_ question: QueryQuestion) throws(SelectError) -> EngineAnswer {
    let response = try server.send(
      try request(question), bytesMax: question.bytesMax, isCancelled)
    guard response.isSuccess else {
      let reason = "\(name) answers the query \(question.text) with \(RemoteServer.told(response))"
      // It doesn't know the language, or the path.
      let isUnknown = [400, 404, 405, 501].contains(response.status)
      throw isUnknown ? .unsupported(reason) : .unreadable(reason)
    }
    do throws(MatrixJSONError) {
      let answer = try MatrixJSON.parse(response.body)
      return EngineAnswer(
        series: answer.series,
        annotations: remarks(answer.warnings, .warning) + remarks(answer.infos, .info))
    } catch {
      throw error.isAboutHistograms
        ? .unsupported("\(error)")
        : .unreadable("\(name) answers the query \(question.text) with this: \(error)")
    }
  }

  private func request(_ question: QueryQuestion) throws(SelectError) -> HTTPRequest {
    let grid = question.grid
    var lookback = question.lookback.count
    if reach == .exact(windowsAreClosed: true) { lookback -= 1 }
    guard lookback > 0 else { throw .unsupported("a lookback of a millisecond") }
    // VictoriaMetrics would move times to multiples of the step, and hide what is new.
    var form =
      "query=\(RemoteSeries.escaped(question.text))&lookback_delta=\(lookback)ms&nocache=1"
      + "&timeout=\(server.limits.timeout.count)ms"
    if grid.count == 1 {
      form += "&time=\(RemoteSeries.seconds(grid.start))"
    } else {
      form += "&start=\(RemoteSeries.seconds(grid.start))&end=\(RemoteSeries.seconds(grid.end))"
      form += "&step=\(NumberText.plain(grid.step.seconds))"
    }
    let path = grid.count == 1 ? "query" : "query_range"
    var request = HTTPRequest(.post, "\(name)/api/v1/\(path)", body: Array(form.utf8))
    request.headers = ["Content-Type": "application/x-www-form-urlencoded"]
    return request
  }

  private func remarks(_ said: [String], _ severity: Annotation.Severity) -> [Annotation] {
    said.map { Annotation(severity, "\($0), says \(name)") }
  }
}
