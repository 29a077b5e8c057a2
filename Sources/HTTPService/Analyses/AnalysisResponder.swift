import Analysis
import HTTPTypes
import Hummingbird
import NIOCore

/// Between HTTP and the analyses' endpoints, which may wait and stream.
extension AnalysisEndpoints {
  /// The response; nil for paths that aren't ours.
  func response(to request: Request) async throws -> Response? {
    let path = (request.head.path ?? "/").pathAndQuery.path
    guard OpenAPIOperation.methods(at: OpenAPIOperation.parts(of: path)) != nil else { return nil }
    var decoded = APIRequest()
    do {
      decoded.body = Array(
        try await request.body.collect(upTo: Self.bodyBytesMax).readableBytesView)
    } catch is NIOTooManyBytesError {
      return Self.http(.text("the body exceeds \(Self.bodyBytesMax) bytes\n", status: 413))
    }
    decoded.contentType = request.headers[.contentType] ?? ""
    let method = request.method == .head ? "GET" : request.method.rawValue
    // Statistics take long: not on the thread of the connection.
    let found = await withTaskExecutorPreference(globalConcurrentExecutor) { [decoded] in
      await reply(method: method, path: path, decoded)
    }
    switch found {
    case nil: return nil
    case .whole(let answer):
      let response = Self.http(answer)
      return request.method == .head ? response.createHeadResponse() : response
    case .events(let runs):
      var headers = HTTPFields()
      headers[.contentType] = "text/event-stream"
      headers[.cacheControl] = "no-cache"
      let bytes = runs.map { ByteBuffer(string: Self.event($0)) }
      return Response(
        status: .ok, headers: headers, body: ResponseBody(asyncSequence: bytes))
    }
  }

  private static func http(_ answer: APIResponse) -> Response {
    Response(
      status: HTTPResponse.Status(code: answer.status), headers: answer.fields,
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body)))
  }
}
