import HTTPTransport
import KubernetesClient
import Manifest
import Synchronization
import Testing

@Suite struct ClusterClientTests {
  private typealias Stage = ClientStage

  private let service = ObjectReference(.services, "n", "a")

  private func refused(
    _ stage: ClientStage, _ work: @Sendable (ClusterClient) async throws -> Void
  ) async throws -> ClusterError? {
    await #expect(throws: ClusterError.self) { try await stage.play { try await work($0) } }
  }

  @Test func `a read is repeated after an error of the server, five times at most`() async throws {
    let stage = Stage([
      .status(500, "{}"), .status(503, "{}"), .status(502, "bad gateway"),
      .status(200, Stage.object("a", version: 7)),
    ])
    let service = service
    let object = try await stage.play { try await $0.get(service) }
    #expect(object.resourceVersion == "7")
    #expect(stage.waits.count == 3)
    let down = Stage([.status(503, "{}")])
    let error = try await refused(down) { try await $0.get(service) }
    #expect(error?.description.contains("503") ?? false)
    #expect(down.asked.count == 5)
  }

  @Test func `a write that may have been stored is not repeated`() async throws {
    let service = service
    let stage = Stage([.status(500, "{}")])
    let error = try await refused(stage) { try await $0.patch(service, ["spec": [:]]) }
    #expect(stage.asked.map(\.line) == ["PATCH /api/v1/namespaces/n/services/a?fieldManager=assay"])
    #expect(error?.isOutcomeUnknown == true && error?.isConflict == false)
    let broken = Stage([.watch([], .breaks)])
    let cut = try await refused(broken) {
      try await $0.create(["metadata": ["name": "a"]], as: .services, namespace: "n")
    }
    #expect(broken.asked.count == 1)
    #expect(cut?.isOutcomeUnknown == true)
  }

  @Test(arguments: [
    (#"{"code":429,"details":{"retryAfterSeconds":7}}"#, "", 7),
    ("Too many requests, please try again later.", "Retry-After: 3\r\n", 3),
    ("{}", "", 1), (#"{"details":{"retryAfterSeconds":3000}}"#, "", 30),
    ("{}", "Retry-After: soon\r\n", 1),
  ])
  func `who is asked to wait waits as long, and writes again`(
    body: String, fields: String, seconds: Int
  ) async throws {
    let stage = Stage([.status(429, body, fields: fields), .status(200, "{}")])
    let service = service
    _ = try await stage.play { try await $0.patch(service, ["spec": [:]]) }
    #expect(stage.asked.count == 2)
    #expect(stage.waits == [.seconds(seconds)])
  }

  @Test func `an eviction that a budget forbids is not repeated`() async throws {
    let stage = Stage([.status(429, #"{"details":{"retryAfterSeconds":10}}"#)])
    let error = try await refused(stage) {
      try await $0.send(.post, path: "/api/v1/namespaces/n/pods/p/eviction", kind: .pods)
    }
    #expect(error?.isTooMany == true)
    #expect(stage.asked.count == 1)
  }

  private let conflict = ClientStage.Answer.status(409, #"{"code":409,"reason":"Conflict"}"#)

  @Test func `on a conflict the change is made again on a fresh read`() async throws {
    let stage = Stage([
      .status(200, Stage.object("a", version: 1)), conflict,
      .status(200, Stage.object("a", version: 2)), .status(200, Stage.object("a", version: 3)),
    ])
    let service = service
    let made = try await stage.play { client in
      try await client.update(service) { object in
        var object = object
        object["seen"] = .string(object.resourceVersion)
        return object
      }
    }
    #expect(made.resourceVersion == "3")
    #expect(stage.asked.map { $0.line.prefix(3) } == ["GET", "PUT", "GET", "PUT"])
    #expect(stage.asked[1].body.contains(#""seen":"1""#))
    #expect(stage.asked[3].body.contains(#""seen":"2""#))
    #expect(stage.asked[3].body.contains(#""resourceVersion":"2""#))
  }

  @Test func `conflicts without end are told, and no change writes nothing`() async throws {
    let read = ClientStage.Answer.status(200, Stage.object("a", version: 1))
    let stage = Stage((0..<5).flatMap { _ in [read, conflict] })
    let service = service
    let error = try await refused(stage) { client in
      _ = try await client.update(service) { _ in ["changed": true] }
    }
    #expect(error?.isConflict == true)
    #expect(stage.asked.count == 10)
    let idle = Stage([read])
    _ = try await idle.play { try await $0.update(service) { _ in nil } }
    #expect(idle.asked.map { $0.line.prefix(3) } == ["GET"])
  }

  @Test func `nothing is sent without permission, which each attempt asks for`() async throws {
    let service = service
    let stage = Stage([.status(429, "{}")])
    let grants = Mutex(2)
    let error = await #expect(throws: ClusterError.self) {
      try await stage.play(permission: {
        grants.withLock { left in
          left -= 1
          return left >= 0 ? .granted : .refused
        }
      }) { try await $0.delete(service) }
    }
    #expect(error == .notPermitted)
    #expect(stage.asked.count == 2)
  }

  @Test func `a deletion spares an object that took the name, and needs none`() async throws {
    let stage = Stage([.status(404, #"{"code":404,"reason":"NotFound"}"#)])
    let service = service
    try await stage.play { try await $0.delete(service, uid: "first") }
    #expect(stage.asked.first?.body.contains(#""preconditions":{"uid":"first"}"#) ?? false)
  }

  @Test func `a list is read page by page, and in one when the pages go stale`() async throws {
    let paged = Stage([
      Stage.list(Stage.object("a", version: 1), at: 9, next: "n+1"),
      Stage.list(Stage.object("b", version: 2), at: 9),
    ])
    let page = try await paged.play { try await $0.list(.services, labels: "app=a") }
    #expect(page.items.map(\.name) == ["a", "b"] && page.resourceVersion == "9")
    #expect(page.items.allSatisfy { $0["kind"] == "Service" })
    #expect(paged.asked[1].line.hasSuffix("labelSelector=app%3Da&continue=n%2B1"))
    let stale = Stage([
      Stage.list(Stage.object("a", version: 1), at: 9, next: "n"), .status(410, Stage.expired),
      Stage.list(Stage.object("c", version: 12), at: 12),
    ])
    let whole = try await stale.play { try await $0.list(.services) }
    #expect(whole.items.map(\.name) == ["c"] && whole.resourceVersion == "12")
    #expect(stale.asked[2].line.contains("limit=0"))
  }
}
