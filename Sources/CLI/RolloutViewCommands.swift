import ArgumentParser
import KubernetesClient
import Manifest
import RolloutExecutor
import YAMLReader

struct RolloutGetCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "get", abstract: "Show a Rollout with its revisions, pods and analyses.")
  @OptionGroup var rollout: RolloutOptions
  @Flag(name: .shortAndLong, help: "Show it again whenever it changes, until Ctrl-C.")
  var watch = false

  func run() async throws {
    try await reporting {
      let (client, namespace) = try rollout.place.open()
      guard watch else {
        Terminal.print(try await rollout.text(client, namespace).tree)
        return
      }
      try await rollout.watch(client, namespace) { text in
        // Clears the screen where there is one.
        Terminal.print((Terminal.isInteractive ? "\u{1b}[H\u{1b}[2J" : "") + text.tree)
        return true
      }
    }
  }
}

struct RolloutListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the Rollouts of a namespace.")
  @OptionGroup var place: NamespaceOptions
  @Flag(name: [.customShort("A"), .long], help: "Of all namespaces.")
  var allNamespaces = false

  func run() async throws {
    try await reporting {
      let (client, namespace) = try place.open()
      let list = try await client.list(.rollouts, namespace: allNamespaces ? nil : namespace)
      var rows = [(allNamespaces ? ["NAMESPACE"] : []) + RolloutText.listHeader]
      for item in list.items {
        let row = RolloutText(rollout: item, owned: [], now: WallClock.now()).listRow
        rows.append((allNamespaces ? [item.namespace] : []) + row)
      }
      for line in RolloutText.table(rows) { Terminal.print(line) }
    }
  }
}

struct RolloutStatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Wait until a Rollout is healthy.",
    discussion: "Ends with 1 when it is degraded, or when the time is over.")
  @OptionGroup var rollout: RolloutOptions
  @Flag(inversion: .prefixedNo, help: "Wait; without it the status of the moment is printed.")
  var watch = true
  @Option(help: "Seconds to wait; 0 for no bound.")
  var timeout = 0

  func run() async throws {
    try await reporting {
      let (client, namespace) = try rollout.place.open()
      if !watch {
        let text = try await rollout.text(client, namespace)
        Terminal.print(text.status)
        try (text.phase == "Degraded" ? Verdict.fail : .pass).end()
        return
      }
      let end = timeout > 0 ? ContinuousClock.now + .seconds(timeout) : nil
      let last = try await rollout.watch(client, namespace, until: end) { text in
        Terminal.print(text.status)
        return !(text.isSettled && ["Healthy", "Degraded"].contains(text.phase))
      }
      try (last == "Healthy" ? Verdict.pass : .fail).end()
    }
  }
}

struct RolloutCreateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create",
    abstract: "Create Rollouts, templates, runs and experiments from files.")
  @OptionGroup var place: NamespaceOptions
  @Option(name: .shortAndLong, help: "A file with manifests; may be given again.")
  var filename: [String]

  func run() async throws {
    try await reporting {
      let (client, namespace) = try place.open()
      let kinds: [ResourceKind] = [
        .rollouts, .experiments, .analysisRuns, .analysisTemplates, .clusterAnalysisTemplates,
      ]
      for path in filename {
        for node in try YAMLReader.documents(in: try Files.readText(path)) {
          let object = JSONValue(node)
          guard let kind = kinds.first(where: { $0.kind == object["kind"]?.asString }) else {
            throw CommandError(
              "\(path): found kind \(object["kind"]?.spelled ?? "none"), expected one of "
                + kinds.map(\.kind).joined(separator: ", "))
          }
          let made = try await client.create(
            object, as: kind, namespace: object.namespace.isEmpty ? namespace : object.namespace)
          Terminal.print("\(kind.kind.lowercased()) '\(made.name)' created")
        }
      }
    }
  }
}

extension RolloutOptions {
  private static let kinds: [ResourceKind] = [
    .rollouts, .replicaSets, .pods, .analysisRuns, .experiments,
  ]

  /// The Rollout and what belongs to it, read now.
  func text(_ client: ClusterClient, _ namespace: String) async throws -> RolloutText {
    let rollout = try await client.get(ObjectReference(.rollouts, namespace, name))
    var objects: [JSONValue] = []
    for kind in Self.kinds.dropFirst() {
      objects += try await client.list(kind, namespace: namespace).items
    }
    return RolloutText(rollout: rollout, owned: objects, now: WallClock.now())
  }

  /// Shows the Rollout whenever something of it changes, until `show` says no or the time is over;
  /// answers its last phase.
  @discardableResult
  func watch(
    _ client: ClusterClient, _ namespace: String, until end: ContinuousClock.Instant? = nil,
    show: @escaping @Sendable (RolloutText) -> Bool
  ) async throws -> String {
    // A name that isn't there is told at once.
    try await client.get(ObjectReference(.rollouts, namespace, name))
    let (changes, change) = AsyncStream.makeStream(
      of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let informers = Self.kinds.map { Informer($0, client: client, namespace: namespace) }
    return await withTaskGroup(of: Void.self) { group in
      for informer in informers {
        group.addTask {
          await informer.run(onError: { Terminal.complain("assay: \($0)") }) { _ in
            change.yield()
          }
        }
      }
      if let end {
        group.addTask {
          try? await Task.sleep(until: end)
          change.finish()
        }
      }
      defer { group.cancelAll() }
      var phase = ""
      var shown = ""
      for await _ in changes {
        let objects = informers.flatMap { $0.cache.objects(in: namespace) }
        guard let rollout = objects.first(where: { $0["kind"] == "Rollout" && $0.name == name })
        else { continue }
        let text = RolloutText(rollout: rollout, owned: objects, now: WallClock.now())
        phase = text.phase
        guard text.tree != shown else { continue }
        shown = text.tree
        if !show(text) { break }
      }
      return phase
    }
  }
}
