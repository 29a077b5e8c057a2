internal import Analysis
internal import FoundationEssentials
internal import HTTPTransport
internal import Manifest
internal import MetricModel

/// Requests to servers as templates describe them: headers, authentication, TLS, time and size.
struct EndpointRequests: Sendable {
  private let sending: any RequestSending
  private let tokens: AccessTokens

  init(sending: any RequestSending) {
    self.sending = sending
    tokens = AccessTokens(sending: sending)
  }

  /// The answer, whatever its status; a token that the server no longer accepts is renewed once.
  func send(
    _ request: HTTPRequest, to endpoint: ProviderEndpoint, timeout: Duration, bytesMax: Int
  ) async throws -> HTTPResponse {
    var request = request
    let seconds = endpoint.timeoutSeconds ?? 0
    request.timeouts.total = seconds > 0 ? .seconds(seconds) : timeout
    request.timeouts.connect = min(
      request.timeouts.connect, seconds > 0 ? .seconds(seconds) : timeout)
    request.acceptsCompression = true
    if endpoint.isInsecure { request.tls.trust = .anybody }
    for header in endpoint.headers { request.headers.append(header.name, header.value) }
    switch endpoint.authentication {
    case nil: break
    case .basic(let user, let password) where !user.isEmpty || !password.isEmpty:
      request.headers["authorization"] = BasicCredentials.header(user: user, password: password)
    case .basic: break
    case .oauth2(let client, let secret, let address, let scopes) where !address.isEmpty:
      let grant = AccessTokens.Grant(
        client: client, secret: secret, address: address, scopes: scopes)
      request.headers["authorization"] = try await tokens.header(for: grant)
      let answer = try await sending.send(request, bodyLimitBytes: bytesMax)
      guard answer.status == 401 else { return answer }
      await tokens.forget(grant)
      request.headers["authorization"] = try await tokens.header(for: grant)
    case .oauth2: break
    case .sigv4(let region, _, _) where region.isEmpty: break
    case .sigv4:
      throw AnswerFault("authentication by sigv4 is not supported, use a proxy that signs")
    }
    return try await sending.send(request, bodyLimitBytes: bytesMax)
  }
}

enum BasicCredentials {
  static func header(user: String, password: String) -> String {
    let bytes = FoundationEssentials.Data("\(user):\(password)".utf8)
    return "Basic \(bytes.base64EncodedString())"
  }
}

/// Access tokens by client credentials (RFC 6749, section 4.4), kept until shortly before they end.
actor AccessTokens {
  struct Grant: Hashable {
    var client: String
    var secret: String
    var address: String
    var scopes: [String]
  }

  private struct Token {
    var value: String
    var end: ContinuousClock.Instant?
  }

  private let sending: any RequestSending
  private var tokens: [Grant: Token] = [:]
  private static let kept = 1_000

  init(sending: any RequestSending) {
    self.sending = sending
  }

  func forget(_ grant: Grant) { tokens[grant] = nil }

  func header(for grant: Grant) async throws -> String {
    if let token = tokens[grant], token.end.map({ $0 > .now }) ?? true {
      return "Bearer \(token.value)"
    }
    let token = try await fetched(grant)
    if tokens.count >= Self.kept { tokens = [:] }
    tokens[grant] = token
    return "Bearer \(token.value)"
  }

  /// Asks with the credentials in the header, and, where that is refused, in the form: servers
  /// take one or the other, as Go's client finds out too.
  private func fetched(_ grant: Grant) async throws -> Token {
    var answer = try await ask(grant, isInHeader: true)
    if answer.status == 400 || answer.status == 401 {
      answer = try await ask(grant, isInHeader: false)
    }
    guard answer.isSuccess else {
      throw AnswerFault("\(grant.address): the token server answered \(answer.status)")
    }
    guard let document = try? JSONValue(parsing: answer.body),
      let value = document["access_token"]?.asString, !value.isEmpty
    else { throw AnswerFault("\(grant.address): the answer holds no access_token") }
    let life = document["expires_in"]?.asNumber.map { min(max($0 - 10, 0), 1e9) }
    return Token(value: value, end: life.map { .now + .seconds($0) })
  }

  private func ask(_ grant: Grant, isInHeader: Bool) async throws -> HTTPResponse {
    var form = [("grant_type", "client_credentials")]
    if !grant.scopes.isEmpty { form.append(("scope", grant.scopes.joined(separator: " "))) }
    if !isInHeader {
      form += [("client_id", grant.client), ("client_secret", grant.secret)]
    }
    var request = HTTPRequest(.post, grant.address, body: Array(PercentEncoding.form(form).utf8))
    request.headers["content-type"] = PercentEncoding.formType
    request.headers["accept"] = "application/json"
    if isInHeader {
      request.headers["authorization"] = BasicCredentials.header(
        user: PercentEncoding.escaped(grant.client), password: PercentEncoding.escaped(grant.secret)
      )
    }
    request.timeouts.total = .seconds(10)
    return try await sending.send(request, bodyLimitBytes: 1 << 20)
  }
}
