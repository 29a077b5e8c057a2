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

  /// The answer to a request that is known to be small; nil where it has to take its turn.
  ///
  /// Analyses have other paths than queries, so nobody has to be asked before.
  func smallAnswer(to head: HTTPRequest) -> APIResponse? {
    let fields = head.headerFields
    guard gate == nil, let costs, head.method == .get, let address = head.path,
      address.utf8.count <= Self.addressBytesMax, fields[.connection] == nil,
      fields[.transferEncoding] == nil, fields[.contentLength] ?? "0" == "0"
    else { return nil }
    let (path, query) = address.pathAndQuery
    guard case .route(let route, let parameter) = routes.find(method: "GET", path: path),
      route.worker == .queries,
      let request = try? Self.decoded(head, [], pathParameter: parameter, query: query)
    else { return nil }
    let encoding = ContentEncoding.chosen(accepting: fields[.acceptEncoding] ?? "")
    let question = RequestCosts.Question(route.path, request, encoding)
    guard costs.isSmall(question) else { return nil }
    counters.countQuery(1)
    defer { counters.countQuery(-1) }
    let start = ContinuousClock.now
    let answer = measured(route, request, encoding, question, costs)
    guard answer.parts == nil else { return nil }
    counters.countRequest(
      route: route.path, status: answer.status, duration: ContinuousClock.now - start)
    return answer
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
    return try Self.decoded(
      request.head, Array(body.readableBytesView), pathParameter: pathParameter, query: query)
  }

  private static func decoded(
    _ head: HTTPRequest, _ body: [UInt8], pathParameter: Substring, query: Substring
  ) throws(APIError) -> APIRequest {
    var decoded = APIRequest()
    decoded.contentType = head.headerFields[.contentType] ?? ""
    decoded.contentEncoding = head.headerFields[.contentEncoding] ?? ""
    decoded.body = body
    decoded.pathParameter = try PercentDecoding.decode(pathParameter.utf8, plusIsSpace: false)
    let isForm =
      head.method == .post
      && decoded.contentType.lowercased().hasPrefix("application/x-www-form-urlencoded")
    decoded.isParametersOnly = isForm || decoded.body.isEmpty
    decoded.parameters = try RequestParameters(
      form: isForm ? decoded.body : [], query: query.utf8)
    return decoded
  }

  private func run(
    _ route: Route, _ request: APIRequest, _ encoding: ContentEncoding?, for client: String
  ) async -> APIResponse {
    let work: @Sendable (APIRequest) -> APIResponse = { Self.work(route, $0, encoding) }
    if let refusal = gate?.enter(route.worker) { return refusal }
    defer { gate?.leave(route.worker) }
    switch route.worker {
    case .here: return work(request)
    case .queries:
      counters.countQuery(1)
      defer { counters.countQuery(-1) }
      guard let costs, request.isParametersOnly else { return await queued(request, client, work) }
      let question = RequestCosts.Question(route.path, request, encoding)
      let measured: @Sendable (APIRequest) -> APIResponse = {
        self.measured(route, $0, encoding, question, costs)
      }
      return costs.isSmall(question) ? measured(request) : await queued(request, client, measured)
    case .ingestion: return await ingestion.run { work(request) }
    }
  }

  private static func work(
    _ route: Route, _ request: APIRequest, _ encoding: ContentEncoding?
  ) -> APIResponse {
    do throws(APIError) {
      return try route.answer(request).encoded(encoding)
    } catch {
      return .failure(error)
    }
  }

  /// Notes how long the answer took. What is made while it is sent isn't small.
  private func measured(
    _ route: Route, _ request: APIRequest, _ encoding: ContentEncoding?,
    _ question: RequestCosts.Question, _ costs: RequestCosts
  ) -> APIResponse {
    let start = ContinuousClock.now
    let answer = Self.work(route, request, encoding)
    costs.note(question, answer.parts == nil ? ContinuousClock.now - start : .seconds(1))
    return answer
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
    Response(
      status: HTTPResponse.Status(code: answer.status), headers: answer.fields,
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

extension APIResponse {
  /// The headers, but for those that any answer has.
  var fields: HTTPFields {
    var fields = HTTPFields()
    fields[.contentType] = contentType
    for (name, value) in headers {
      if let field = HTTPField.Name(name) { fields[field] = value }
    }
    return fields
  }
}

extension String {
  /// What stands before and after the first `?` of an address.
  var pathAndQuery: (path: Substring, query: Substring) {
    guard let mark = utf8.firstIndex(of: UInt8(ascii: "?")) else { return (self[...], "") }
    return (self[..<mark], self[utf8.index(after: mark)...])
  }
}
