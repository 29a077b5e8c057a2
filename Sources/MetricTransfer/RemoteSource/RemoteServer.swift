import Dispatch
import Exposition
import HTTPTransport
import Manifest
import MetricModel
import Scraping
import Synchronization

/// A server with Prometheus' API, as those who wait for its answers see it.
final class RemoteServer: Sendable {
  /// How the server gives samples.
  enum Way: Sendable {
    case remoteRead
    /// As the range of a selector in the query API.
    case queries
  }

  /// What a server turned out to be.
  private struct Findings {
    var way: Way?
    /// Nil while it wasn't asked; `.some(nil)` where it is nothing known.
    var reach: QueryReach??
  }

  let address: String
  let limits: RemoteSeries.Limits
  let handsOn: RemoteSeries.Delegated
  private let transport: HTTPTransport
  private let client: ClientOptions
  private let files: TransferFiles
  private let findings = Mutex(Findings())

  init(
    _ address: String, transport: HTTPTransport, files: TransferFiles, client: ClientOptions,
    limits: RemoteSeries.Limits, handsOn: RemoteSeries.Delegated
  ) {
    self.address = address.hasSuffix("/") ? String(address.dropLast()) : address
    self.transport = transport
    self.files = files
    self.client = client
    self.limits = limits
    self.handsOn = handsOn
  }

  var way: Way? {
    get { findings.withLock { $0.way } }
    set { findings.withLock { $0.way = newValue } }
  }

  /// What the server may be asked for whole, found out once; nil for nothing.
  func reach(_ isCancelled: () -> Bool) -> QueryReach? {
    switch handsOn {
    case .nothing: return nil
    case .everything: return .anything
    case .equal: break
    }
    if let known = findings.withLock({ $0.reach }) { return known }
    // A server that can't be asked now is asked again; samples can't be had from it either.
    guard let found = try? findReach(isCancelled) else { return nil }
    findings.withLock { $0.reach = .some(found) }
    return found
  }

  private func findReach(_ isCancelled: () -> Bool) throws(SelectError) -> QueryReach? {
    let build = try data("status/buildinfo", isCancelled)
    if build?["application"]?.asString == "assay" { return .same }
    // Others that speak the language have other numbers, or fields of their own.
    guard let build, build["application"] == nil, build["goVersion"]?.asString != nil,
      let version = build["version"]?.asString
    else { return nil }
    guard let flags = try data("status/flags", isCancelled) else { return nil }
    return Self.reach(version: version, features: flags["enable-feature"]?.asString ?? "")
  }

  /// What Prometheus may be asked, by its version and the features that are enabled.
  static func reach(version: String, features: String) -> QueryReach? {
    let numbers = version.split(separator: ".").prefix(2).map { Int($0) }
    guard numbers.count == 2, let major = numbers[0], let minor = numbers[1],
      !features.contains("promql-delayed-name-removal")
    else { return nil }
    switch (major, minor) {
    // Histograms were in flux; since 2.38 a query says how far it looks back.
    case (2, 38...) where !features.contains("native-histograms"):
      return .exact(windowsAreClosed: true)
    case (3, 14...) where !features.contains("start-timestamps"): return .same
    case (3, ..<14): return .exact(windowsAreClosed: false)
    default: return nil
    }
  }

  /// `data` of an answer; nil where the server answers with an error or something else.
  private func data(
    _ path: String, _ isCancelled: () -> Bool
  ) throws(SelectError) -> JSONValue? {
    let response = try send(HTTPRequest(.get, "\(address)/api/v1/\(path)"), isCancelled)
    guard response.isSuccess else { return nil }
    return (try? JSONValue(parsing: response.body))?["data"]
  }
}

/// Requests.
extension RemoteServer {
  /// Waits for the answer on the calling thread, which is one for work and not the cooperative
  /// pool's. Once `isCancelled` says so the connection is closed, at which servers stop too.
  func send(
    _ request: HTTPRequest, bytesMax: Int = .max, _ isCancelled: () -> Bool
  ) throws(SelectError) -> HTTPResponse {
    var prepared = request
    prepared.timeouts.total = .milliseconds(limits.timeout.count)
    prepared.acceptsCompression = true
    do {
      try prepared.apply(client, files)
    } catch {
      throw .unreadable("\(error)")
    }
    let isDone = DispatchSemaphore(value: 0)
    let (transport, sent, limit) = (transport, prepared, min(bytesMax, limits.bodyBytesMax))
    let box = AnswerBox()
    let task = Task.detached {
      do throws(TransportError) {
        box.put(.success(try await transport.send(sent, bodyLimitBytes: limit)))
      } catch {
        box.put(.failure(error))
      }
      isDone.signal()
    }
    while isDone.wait(timeout: .now() + .milliseconds(20)) == .timedOut {
      guard isCancelled() else { continue }
      task.cancel()
      isDone.wait()
      throw .unreadable("\(address): given up, since nobody waits for the answer")
    }
    switch box.answer {
    case .success(let response)?: return response
    case .failure(let error)?: throw failure(error, bytesMax: bytesMax)
    case nil: throw .unreadable("\(address): no answer")
    }
  }

  /// Why there is no answer; of one that is too large, by which limit.
  private func failure(_ error: TransportError, bytesMax: Int) -> SelectError {
    guard case .bodyTooLarge = error.kind else { return .unreadable(error.description) }
    let limit =
      bytesMax < limits.bodyBytesMax
      ? "the most that a query may hold (--query.max-bytes)"
      : "the most that is taken of another server in one answer"
    return .exceeded("\(error.description), \(limit); select fewer series, or a shorter range")
  }

  /// What a server says beside an answer: its status, and the message of an error.
  static func told(_ response: HTTPResponse) -> String {
    if let answer = try? JSONValue(parsing: response.body), let text = answer["error"]?.asString {
      return "status \(response.status): \(text.prefix(1000))"
    }
    return
      "status \(response.status): \(response.text.prefix(300).split(separator: "\n").first ?? "")"
  }
}

/// Where a task leaves an answer for the thread that waits for it.
private final class AnswerBox: Sendable {
  private let content = Mutex<Result<HTTPResponse, TransportError>?>(nil)

  var answer: Result<HTTPResponse, TransportError>? { content.withLock { $0 } }

  func put(_ answer: Result<HTTPResponse, TransportError>) { content.withLock { $0 = answer } }
}
