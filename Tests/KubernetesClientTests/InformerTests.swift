import KubernetesClient
import Manifest
import ObjectWatching
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct InformerTests {
  private typealias Stage = ClientStage

  /// What an informer told, and what it complained of.
  private final class Heard: Sendable {
    let told = Mutex<[String]>([])
    let errors = Mutex<[String]>([])
  }

  /// Runs an informer of Services until it tells of the last change; what it told, what it
  /// complained of, and what it holds.
  private func play(
    _ stage: ClientStage, until last: String
  ) async throws -> (told: [String], errors: [String], held: [String]) {
    let heard = Heard()
    let (ticks, end) = AsyncStream.makeStream(of: Void.self)
    let cache = try await stage.play { client in
      let informer = Informer(.services, client: client)
      let running = Task {
        await informer.run(
          onError: { error in
            heard.errors.withLock { $0.append("\(error)") }
          },
          onChange: { change in
            let text =
              switch change {
              case .changed(let object): "+\(object.name)\(object.resourceVersion)"
              case .deleted(let object): "-\(object.name)\(object.resourceVersion)"
              }
            heard.told.withLock { $0.append(text) }
            if text == last { end.finish() }
          })
      }
      for await _ in ticks {}
      running.cancel()
      await running.value
      return informer.cache
    }
    let held = cache.all.map { "\($0.name)\($0.resourceVersion)" }
    return (heard.told.withLock { $0 }, heard.errors.withLock { $0 }, held)
  }

  private func versions(_ stage: ClientStage) -> [String] {
    stage.asked.map { asked in
      guard asked.line.contains("watch=true") else { return "list" }
      return asked.line.split(separator: "&").first { $0.hasPrefix("resourceVersion=") }
        .map { String($0.dropFirst("resourceVersion=".count)) } ?? "any"
    }
  }

  @Test func `a watch that is cut goes on from the last version told, bookmarks included`()
    async throws
  {
    let stage = Stage([
      Stage.list(Stage.object("a", version: 3), at: 10),
      .watch(
        [
          Stage.event("MODIFIED", Stage.object("a", version: 12)),
          Stage.event("BOOKMARK", #"{"metadata":{"resourceVersion":"15"}}"#),
        ], .breaks),
      .watch([Stage.event("DELETED", Stage.object("a", version: 16))], .stays),
    ])
    let (told, errors, held) = try await play(stage, until: "-a16")
    #expect(versions(stage) == ["list", "10", "15"])
    #expect(stage.asked.dropFirst().allSatisfy { $0.line.contains("allowWatchBookmarks=true") })
    #expect(told == ["+a3", "+a12", "-a16"])
    #expect(held.isEmpty)
    #expect(errors.count == 1)
    // It was alive before: the first waiting time, over half of its length at random.
    #expect(stage.waits.count == 1)
    #expect(stage.waits.allSatisfy { $0 >= .milliseconds(100) && $0 <= .milliseconds(200) })
  }

  @Test(arguments: [
    ClientStage.Answer.status(410, ClientStage.expired),
    .watch([ClientStage.event("ERROR", ClientStage.expired)], .stays),
  ])
  func `after a 410 all is listed anew, and what was deleted meanwhile is gone`(
    refusal: ClientStage.Answer
  ) async throws {
    let stage = Stage([
      Stage.list(Stage.object("a", version: 3), Stage.object("b", version: 4), at: 10), refusal,
      Stage.list(Stage.object("b", version: 4), Stage.object("c", version: 21), at: 22),
      .watch([Stage.event("MODIFIED", Stage.object("b", version: 23))], .stays),
    ])
    let (told, errors, held) = try await play(stage, until: "+b23")
    #expect(versions(stage) == ["list", "10", "list", "22"])
    #expect(told == ["+a3", "+b4", "-a3", "+c21", "+b23"])
    #expect(held == ["b23", "c21"])
    #expect(errors.count == 1 && errors[0].contains("410"), "\(errors)")
    #expect(stage.waits.count == 1)
  }

  @Test func `a server that can't is asked less and less often, until it tells something`()
    async throws
  {
    let stage = Stage([
      Stage.list(at: 10), .status(500, "{}"), .status(500, "{}"), .status(500, "{}"),
      .watch([Stage.event("ADDED", Stage.object("a", version: 11))], .breaks),
      .status(500, "{}"),
      .watch([Stage.event("ADDED", Stage.object("b", version: 12))], .stays),
    ])
    let (told, errors, _) = try await play(stage, until: "+b12")
    #expect(versions(stage) == ["list", "10", "10", "10", "10", "11", "11"])
    #expect(told == ["+a11", "+b12"])
    #expect(errors.count == 5)
    let bounds = [0.2, 0.4, 0.8, 0.2, 0.4]
    #expect(stage.waits.count == bounds.count)
    for (wait, bound) in zip(stage.waits, bounds) {
      #expect(wait >= .seconds(bound / 2) && wait <= .seconds(bound), "\(stage.waits)")
    }
  }

  @Test func `watches that end at once are not begun at full speed`() async throws {
    let stage = Stage([
      Stage.list(at: 10), .watch([], .ends), .watch([], .ends), .watch([], .ends),
      .watch([Stage.event("ADDED", Stage.object("a", version: 11))], .stays),
    ])
    let (told, errors, _) = try await play(stage, until: "+a11")
    #expect(told == ["+a11"] && errors.isEmpty)
    #expect(stage.waits.count == 3)
    #expect(stage.waits.last.map { $0 >= .milliseconds(400) } ?? false, "\(stage.waits)")
  }

  @Test func `a line that is no event ends the watch, not the informer`() async throws {
    let stage = Stage([
      Stage.list(at: 10), .watch([#"{"type":"NEWS"}"#], .stays), .watch(["no JSON"], .stays),
      .watch([Stage.event("ADDED", Stage.object("a", version: 11))], .stays),
    ])
    let (told, errors, _) = try await play(stage, until: "+a11")
    #expect(told == ["+a11"])
    #expect(errors.first == #"watch of services: found an event of type "NEWS""#)
    #expect(errors.count == 2)
  }

  @Test func `a refresh lists until that succeeds`() async throws {
    let stage = Stage([
      .status(403, #"{"code":403,"reason":"Forbidden"}"#),
      Stage.list(Stage.object("a", version: 3), at: 10),
    ])
    try await stage.play { client in
      let informer = Informer(.services, client: client)
      #expect(!informer.cache.isFilled)
      await informer.refresh()
      #expect(informer.cache.isFilled)
      #expect(informer.cache.all.map(\.name) == ["a"])
    }
    #expect(stage.waits.count == 1)
  }
}
