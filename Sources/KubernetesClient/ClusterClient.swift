package import HTTPTransport
package import Manifest
internal import MetricModel
internal import Synchronization

/// Speaks to one API server in JSON objects.
///
///     let client = ClusterClient(try .kubeconfig([path]), transport: HTTPTransport())
///     let rollout = try await client.get(ObjectReference(.rollouts, "shop", "model"))
///     try await client.patch(reference, ["spec": ["paused": true]])
///
/// Every request waits for its turn by the rate limit. Reads that fail on the way are repeated;
/// writes only when nothing can have reached the server, or it said so.
package final class ClusterClient: Sendable {
  package let configuration: ClusterConfiguration
  private let transport: HTTPTransport
  private let credentials: CredentialSource
  private let limit: Mutex<RateLimit>
  private let generator: Mutex<any RandomNumberGenerator & Sendable>
  private let permission: WritePermission
  private let observer: @Sendable (RequestRecord) -> Void
  let pause: Pause
  private let birth = ContinuousClock.now
  private let served = Mutex<[String: String]>([:])

  /// - Parameters:
  ///   - permission: asked before every write.
  ///   - generator: spreads waiting times.
  ///   - observer: told of every answer, for metrics.
  ///   - pause: waits as long before it is asked again.
  package init(
    _ configuration: ClusterConfiguration, transport: HTTPTransport, limit: RateLimit = RateLimit(),
    permission: @escaping WritePermission = { .granted },
    generator: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator(),
    observer: @escaping @Sendable (RequestRecord) -> Void = { _ in },
    pause: @escaping Pause = { try await Task.sleep(for: $0) }
  ) {
    self.configuration = configuration
    self.transport = transport
    credentials = CredentialSource(configuration.credentials)
    self.limit = Mutex(limit)
    self.generator = Mutex(generator)
    self.permission = permission
    self.observer = observer
    self.pause = pause
  }

  /// A waiting time, drawn from the client's generator.
  package func wait(after backoff: inout Backoff) -> Duration {
    generator.withLock { generator in
      Self.next(&backoff, &generator)
    }
  }

  private static func next(
    _ backoff: inout Backoff, _ generator: inout some RandomNumberGenerator
  ) -> Duration {
    backoff.next(using: &generator)
  }

  // Reading.

  @discardableResult
  package func get(_ reference: ObjectReference) async throws(ClusterError) -> JSONValue {
    try await object(Call(.get, reference.path(), kind: reference.kind))
  }

  /// One page; `next` continues it, nil at the end.
  private func page(
    of kind: ResourceKind, namespace: String?, labels: String?, limit: Int = 500,
    continuing next: String? = nil
  ) async throws(ClusterError) -> ObjectPage {
    var query = [("limit", String(limit))]
    if let labels { query.append(("labelSelector", labels)) }
    if let next { query.append(("continue", next)) }
    let list = try await object(
      Call(.get, kind.path(namespace: namespace), query: query, kind: kind))
    return ObjectPage(list, kind: kind)
  }

  /// All objects, page by page, with the resource version a watch may go on from. When the pages go
  /// stale on the way everything is read again in one.
  package func list(
    _ kind: ResourceKind, namespace: String? = nil, labels: String? = nil
  ) async throws(ClusterError) -> ObjectPage {
    var all = try await page(of: kind, namespace: namespace, labels: labels)
    while let next = all.next {
      do throws(ClusterError) {
        let more = try await page(
          of: kind, namespace: namespace, labels: labels, continuing: next)
        all.items += more.items
        all.next = more.next
      } catch {
        guard error.isExpired else { throw error }
        return try await page(of: kind, namespace: namespace, labels: labels, limit: 0)
      }
    }
    return all
  }

  /// The lines of a watch. Ends by itself after `seconds`, or when the connection breaks.
  func watch(
    _ kind: ResourceKind, namespace: String?, labels: String?, from resourceVersion: String,
    seconds: Int
  ) async throws(ClusterError) -> HTTPStream {
    var query = [
      ("watch", "true"), ("allowWatchBookmarks", "true"), ("resourceVersion", resourceVersion),
      ("timeoutSeconds", String(seconds)),
    ]
    if let labels { query.append(("labelSelector", labels)) }
    var call = Call(.get, kind.path(namespace: namespace), query: query, kind: kind)
    call.timeout = .seconds(seconds + 30)
    let stream = try await open(call)
    guard stream.head.isSuccess else { throw try await refusal(of: stream, call) }
    return stream
  }

  // Writing.

  /// Creates an object; the answer is what the server made of it.
  @discardableResult
  package func create(
    _ object: JSONValue, as kind: ResourceKind, namespace: String
  ) async throws(ClusterError) -> JSONValue {
    var call = Call(.post, kind.path(namespace: namespace), kind: kind)
    call.body = (object, "application/json")
    return try await self.object(call)
  }

  /// By a JSON merge patch (RFC 7386): null removes, lists are replaced. One that names the
  /// `resourceVersion` is refused as a conflict when the object changed since.
  @discardableResult
  package func patch(
    _ reference: ObjectReference, _ patch: JSONValue, subresource: String? = nil
  ) async throws(ClusterError) -> JSONValue {
    var call = Call(
      .patch, reference.path(subresource), query: [("fieldManager", "assay")],
      kind: reference.kind)
    call.body = (patch, "application/merge-patch+json")
    return try await object(call)
  }

  /// Puts a whole object back; refused as a conflict when it changed since it was read.
  @discardableResult
  package func replace(
    _ reference: ObjectReference, with object: JSONValue, subresource: String? = nil
  ) async throws(ClusterError) -> JSONValue {
    var call = Call(.put, reference.path(subresource), kind: reference.kind)
    call.body = (object, "application/json")
    return try await self.object(call)
  }

  /// Reads, changes and puts back; on a conflict once more from a fresh read. nil from `change`
  /// leaves the object as it is.
  package func update(
    _ reference: ObjectReference, subresource: String? = nil, attempts: Int = 5,
    _ change: @Sendable (JSONValue) -> JSONValue?
  ) async throws(ClusterError) -> JSONValue {
    var left = attempts
    while true {
      let object = try await get(reference)
      guard let changed = change(object), changed != object else { return object }
      do throws(ClusterError) {
        return try await replace(reference, with: changed, subresource: subresource)
      } catch {
        left -= 1
        guard error.isConflict, left > 0 else { throw error }
      }
    }
  }

  /// Deletes in the background; an object that is gone already is no error. `uid` spares one that
  /// took the name since.
  package func delete(
    _ reference: ObjectReference, uid: String? = nil
  ) async throws(ClusterError) {
    var call = Call(.delete, reference.path(), kind: reference.kind)
    var options: JSONValue = [
      "apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background",
    ]
    if let uid { options["preconditions"] = ["uid": .string(uid)] }
    call.body = (options, "application/json")
    do throws(ClusterError) {
      _ = try await object(call)
    } catch {
      guard error.isNotFound else { throw error }
    }
  }

  /// Any path, for what has no verb here, such as `/version` and evictions.
  @discardableResult
  package func send(
    _ method: HTTPRequest.Method, path: String, kind: ResourceKind, body: JSONValue? = nil
  ) async throws(ClusterError) -> JSONValue {
    var call = Call(method, path, kind: kind)
    call.body = body.map { ($0, "application/json") }
    return try await object(call)
  }
}

extension ClusterClient {
  /// A request before it is sent.
  private struct Call: Sendable {
    var method: HTTPRequest.Method
    var path: String
    var query: [(String, String)]
    var kind: ResourceKind
    var body: (object: JSONValue, type: String)?
    var timeout = Duration.seconds(30)

    init(
      _ method: HTTPRequest.Method, _ path: String, query: [(String, String)] = [],
      kind: ResourceKind
    ) {
      self.method = method
      self.path = path
      self.query = query
      self.kind = kind
    }
  }

  private static let bodyLimitBytes = 256 << 20
  private static let attemptsMax = 5

  /// Sends until there is an answer worth having, and reads it.
  private func object(_ call: Call) async throws(ClusterError) -> JSONValue {
    var backoff = Backoff()
    var attempt = 1
    while true {
      do throws(ClusterError) {
        let stream = try await open(call)
        guard stream.head.isSuccess else { throw try await refusal(of: stream, call) }
        let body = try await body(of: stream)
        do throws(JSONError) {
          return try JSONValue(parsing: body).withoutManagedFields
        } catch {
          throw ClusterError.unreadable(path: call.path, reason: "\(error)")
        }
      } catch {
        guard attempt < Self.attemptsMax, let wait = wait(after: error, of: call, &backoff) else {
          throw error
        }
        attempt += 1
        do { try await pause(wait) } catch { throw Self.cancelled(call) }
      }
    }
  }

  /// How long to wait before the same call again; nil when that isn't right.
  private func wait(
    after error: ClusterError, of call: Call, _ backoff: inout Backoff
  ) -> Duration? {
    switch error {
    case .transport(let error):
      let isSafe = call.method == .get || error.isBeforeSending
      let isHopeless = error.kind == .cancelled || error.kind == .invalidRequest
      return isSafe && !isHopeless ? wait(after: &backoff) : nil
    case .refused(_, let path, let status) where status.code == 429 && !path.hasSuffix("/eviction"):
      return .seconds(max(1, min(30, status.retryAfterSeconds ?? 1)))
    case .refused(_, _, let status) where call.method == .get && status.code >= 500:
      return wait(after: &backoff)
    case .refused, .unreadable, .configuration, .notPermitted: return nil
    }
  }

  private static func cancelled(_ call: Call) -> ClusterError {
    .unreadable(path: call.path, reason: "the task was cancelled while waiting to ask again")
  }

  /// Sends once, with a credential; once more with a new one when the first was refused.
  private func open(_ call: Call) async throws(ClusterError) -> HTTPStream {
    let stream = try await openOnce(call)
    guard stream.head.status == 401 else { return stream }
    await credentials.refused()
    return try await openOnce(call)
  }

  private func openOnce(_ call: Call) async throws(ClusterError) -> HTTPStream {
    let delay = limit.withLock { $0.take(at: .now - birth) }
    if delay > .zero {
      do { try await pause(delay) } catch { throw Self.cancelled(call) }
    }
    let credential = try await credentials.credential()
    let query = call.query.isEmpty ? "" : "?" + PercentEncoding.form(call.query)
    var request = HTTPRequest(call.method, configuration.server + call.path + query)
    request.tls = configuration.tls
    if let identity = credential.identity { request.tls.identity = identity }
    request.timeouts.total = call.timeout
    request.headers["accept"] = "application/json"
    request.headers["user-agent"] = "assay"
    request.headers["authorization"] = credential.authorization
    if let (object, type) = call.body {
      request.headers["content-type"] = type
      request.body = Array(object.spelled.utf8)
    }
    if call.method != .get {
      // Asked at the last moment: everything before may have taken its time.
      switch permission() {
      case .granted: break
      case .grantedFor(let left): request.timeouts.total = min(left, call.timeout)
      case .refused: throw .notPermitted
      }
    }
    do throws(TransportError) {
      let stream = try await transport.stream(request)
      observer(RequestRecord(method: call.method, kind: call.kind, status: stream.head.status))
      return stream
    } catch {
      observer(RequestRecord(method: call.method, kind: call.kind, status: 0))
      throw .transport(error)
    }
  }

  private func body(of stream: HTTPStream) async throws(ClusterError) -> [UInt8] {
    do throws(TransportError) {
      return try await stream.rest(limitBytes: Self.bodyLimitBytes)
    } catch {
      throw .transport(error)
    }
  }

  private func refusal(of stream: HTTPStream, _ call: Call) async throws(ClusterError)
    -> ClusterError
  {
    let body = try await body(of: stream)
    return .refused(
      method: call.method, path: call.path,
      status: APIStatus(
        code: stream.head.status, body: body, retryAfter: stream.head.headers["retry-after"]))
  }
}

extension ClusterClient {
  /// The kind in the version that the server has it in, preferred ones first.
  package func served(_ kind: ResourceKind) async throws(ClusterError) -> ResourceKind {
    let key = "\(kind.group)/\(kind.plural)"
    var kind = kind
    if let known = served.withLock({ $0[key] }) {
      kind.version = known
      return kind
    }
    let group = try await send(.get, path: "/apis/\(kind.group)", kind: kind)
    for version in group["versions"]?.asArray ?? [] {
      guard let name = version["version"]?.asString else { continue }
      let list = try await send(.get, path: "/apis/\(kind.group)/\(name)", kind: kind)
      let names = list["resources"]?.asArray?.compactMap { $0["name"]?.asString } ?? []
      guard names.contains(kind.plural) else { continue }
      served.withLock { $0[key] = name }
      kind.version = name
      return kind
    }
    throw .configuration("the API server has no \(kind.plural) in group \(kind.group)")
  }
}
