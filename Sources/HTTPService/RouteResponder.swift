import Exposition
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// Between HTTP and the endpoints: finds the route, reads the body, decodes parameters, chooses the
/// threads, writes the answer down.
struct RouteResponder: HTTPResponder {
  let routes: Routes
  let connections: Connections
  let counters: ServiceCounters
  let queries: WorkerPool
  let ingestion: WorkerPool
  /// Nil where no analyses are served.
  var analyses: AnalysisEndpoints?
  /// Nil where nothing is limited.
  var gate: RequestGate?
  /// Nil where an answer may have to wait for another server.
  var costs: RequestCosts?

  /// Bytes of an address with its query.
  private static let addressBytesMax = 64 << 10

  func respond(to request: Request, context: ConnectionContext) async throws -> Response {
    if let response = try await analyses?.response(to: request) { return response }
    let start = ContinuousClock.now
    let connection = connections[context.channel]
    let (route, answer) = try await answer(request, over: connection)
    counters.countRequest(
      route: route, status: answer.status, duration: ContinuousClock.now - start)
    if let gone = connection?.closedAt { counters.countAbandoned(ContinuousClock.now - gone) }
    context.logger.debug(
      "answered",
      metadata: ["path": "\(request.uri.path)", "status": "\(answer.status)"])
    let response = response(answer)
    return request.method == .head ? response.createHeadResponse() : response
  }

  /// The answer and the name of the route for the counters.
  private func answer(
    _ request: Request, over connection: Connection?
  ) async throws -> (route: String, APIResponse) {
    let address = request.head.path ?? "/"
    guard address.utf8.count <= Self.addressBytesMax else {
      let limit =
        "URI Too Long: \(address.utf8.count) bytes, at most \(Self.addressBytesMax) are read"
      return ("other", .text(limit + "; send the query in the body of a POST\n", status: 414))
    }
    let (path, query) = address.pathAndQuery
    switch routes.find(method: request.method.rawValue, path: path) {
    case .nothing:
      return ("other", .text("404 page not found\n", status: 404))
    case .otherMethods where request.method == .options:
      return ("other", .empty(status: 204))
    case .otherMethods(let methods):
      var refusal = APIResponse.text("Method Not Allowed\n", status: 405)
      refusal.headers["Allow"] = (methods + ["OPTIONS"]).sorted().joined(separator: ", ")
      return ("other", refusal)
    case .route(let route, let pathParameter):
      do {
        var decoded = try await decoded(
          request, route: route, pathParameter: pathParameter, query: query)
        if let connection { decoded.isAbandoned = { connection.isClosed } }
        let encoding = ContentEncoding.chosen(accepting: request.headers[.acceptEncoding] ?? "")
        return (route.path, await run(route, decoded, encoding, for: connection?.client ?? ""))
      } catch let error as APIError {
        return (route.path, .failure(error))
      } catch is NIOTooManyBytesError {
        let limit = "the body exceeds \(route.bodyBytesMax) bytes\n"
        return (route.path, .text(limit, status: 413))
      }
    }
  }

  private func decoded(
    _ request: Request, route: Route, pathParameter: Substring, query: Substring
  ) async throws -> APIRequest {
    let body = try await request.body.collect(upTo: route.bodyBytesMax)
    var decoded = APIRequest()
    decoded.contentType = request.headers[.contentType] ?? ""
    decoded.contentEncoding = request.headers[.contentEncoding] ?? ""
    decoded.body = Array(body.readableBytesView)
    decoded.pathParameter = try PercentDecoding.decode(pathParameter.utf8, plusIsSpace: false)
    let isForm =
      request.method == .post
      && decoded.contentType.lowercased().hasPrefix("application/x-www-form-urlencoded")
    decoded.isParametersOnly = isForm || decoded.body.isEmpty
    decoded.parameters = try RequestParameters(
      form: isForm ? decoded.body : [], query: query.utf8)
    return decoded
  }

  private func run(
    _ route: Route, _ request: APIRequest, _ encoding: ContentEncoding?, for client: String
  ) async -> APIResponse {
    let work: @Sendable (APIRequest) -> APIResponse = { request in
      do throws(APIError) {
        return try route.answer(request).encoded(encoding)
      } catch {
        return .failure(error)
      }
    }
    if let refusal = gate?.enter(route.worker) { return refusal }
    defer { gate?.leave(route.worker) }
    switch route.worker {
    case .here: return work(request)
    case .queries:
      counters.countQuery(1)
      defer { counters.countQuery(-1) }
      guard let costs, request.isParametersOnly else { return await queued(request, client, work) }
      let question = RequestCosts.Question(route.path, request, encoding)
      let measured: @Sendable (APIRequest) -> APIResponse = { request in
        let start = ContinuousClock.now
        defer { costs.note(question, ContinuousClock.now - start) }
        return work(request)
      }
      return costs.isSmall(question) ? measured(request) : await queued(request, client, measured)
    case .ingestion: return await ingestion.run { work(request) }
    }
  }

  /// Waits for a turn and a thread.
  private func queued(
    _ request: APIRequest, _ client: String, _ work: @Sendable @escaping (APIRequest) -> APIResponse
  ) async -> APIResponse {
    var request = request
    request.crew = queries.crew
    do throws(Turnstile.Refusal) {
      return try await queries.turnstile.pass(client) { [request] in
        await queries.run { work(request) }
      }
    } catch {
      return .failure(APIError(error))
    }
  }

  private func response(_ answer: APIResponse) -> Response {
    var headers = HTTPFields()
    headers[.contentType] = answer.contentType
    for (name, value) in answer.headers {
      if let field = HTTPField.Name(name) { headers[field] = value }
    }
    return Response(
      status: HTTPResponse.Status(code: answer.status), headers: headers,
      body: answer.parts.map(body) ?? ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body)))
  }

  /// Parts are made when the client has taken the one before, on the threads for queries.
  private func body(_ parts: any BodyParts) -> ResponseBody {
    let queries = queries
    return ResponseBody { writer in
      var rest = parts
      while true {
        let (part, after) = await queries.run { [rest] in
          var after = rest
          let part = Result { () throws(APIError) in try after.next() }
          return (part, after)
        }
        guard let bytes = try part.get() else { break }
        rest = after
        if !bytes.isEmpty { try await writer.write(ByteBuffer(bytes: bytes)) }
      }
      try await writer.finish(nil)
    }
  }
}

extension String {
  /// What stands before and after the first `?` of an address.
  var pathAndQuery: (path: Substring, query: Substring) {
    guard let mark = utf8.firstIndex(of: UInt8(ascii: "?")) else { return (self[...], "") }
    return (self[..<mark], self[utf8.index(after: mark)...])
  }
}
