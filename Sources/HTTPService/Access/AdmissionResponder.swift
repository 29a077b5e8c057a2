import Admission
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// Before all routes: asks who it is, and hands the request to whom it belongs.
struct AdmissionResponder: HTTPResponder {
  /// Nil where everybody is let in.
  let admission: Admission?
  let owner: RouteResponder
  let tenants: [String: RouteResponder]
  /// One thread: passwords are hashed one after the other, so that guessing takes one core at most.
  let passwords: WorkerPool
  let logger: Logger

  func respond(to request: Request, context: ConnectionContext) async throws -> Response {
    guard let admission else { return try await owner.respond(to: request, context: context) }
    let decision: Admission.Decision
    let headers: [String: String]
    do throws(AdmissionError) {
      headers = try admission.headers()
      decision = try await admission.decision(on: request.headers[.authorization]) { work in
        await passwords.run(work)
      }
    } catch {
      logger.error("nobody is let in: \(error)")
      return Self.refusal("Internal Server Error\n", .internalServerError)
    }
    var response = try await response(to: request, context: context, decision)
    for (name, value) in headers {
      if let field = HTTPField.Name(name) { response.headers[field] = value }
    }
    return response
  }

  private func response(
    to request: Request, context: ConnectionContext, _ decision: Admission.Decision
  ) async throws -> Response {
    switch decision {
    case .owner: return try await owner.respond(to: request, context: context)
    case .tenant(let name):
      guard let tenant = tenants[name] else {
        return Self.refusal(
          "this tenant is new: it is served once the server has restarted\n", .serviceUnavailable)
      }
      return try await tenant.respond(to: request, context: context)
    case .refused(let challenges):
      var response = Self.refusal("Unauthorized\n", .unauthorized)
      for challenge in challenges {
        response.headers.append(HTTPField(name: .wwwAuthenticate, value: challenge))
      }
      return response
    }
  }

  private static func refusal(_ text: String, _ status: HTTPResponse.Status) -> Response {
    Response(
      status: status, headers: [.contentType: "text/plain; charset=utf-8"],
      body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
  }
}
