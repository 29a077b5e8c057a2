import ArgumentParser
import KubernetesClient
import Manifest
import RolloutExecutor

/// `assay rollouts …`: what `kubectl argo rollouts` does, on either controller.
struct RolloutsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollouts",
    abstract: "Look at Rollouts on a cluster, and tell them what to do.",
    discussion: """
      Sends the patches that `kubectl argo rollouts` sends, so it works with Argo's controller too.

        assay rollouts get model --watch
        assay rollouts promote model
      """,
    subcommands: [
      RolloutGetCommand.self, RolloutListCommand.self, RolloutStatusCommand.self,
      RolloutAbortCommand.self, RolloutRetryCommand.self, RolloutPromoteCommand.self,
      RolloutPauseCommand.self, RolloutRestartCommand.self, RolloutUndoCommand.self,
      RolloutSetCommand.self, RolloutTerminateCommand.self, RolloutCreateCommand.self,
      LintCommand.self,
    ])
}

/// A cluster and a namespace of it.
struct NamespaceOptions: ParsableArguments {
  @OptionGroup var cluster: ClusterOptions

  @Option(name: .shortAndLong, help: "The namespace; the context's where none is given.")
  var namespace: String?

  /// What the commands work with.
  func open() throws -> (client: ClusterClient, namespace: String) {
    let client = try cluster.client()
    return (client, namespace ?? client.configuration.namespace)
  }
}

/// One Rollout on a cluster.
struct RolloutOptions: ParsableArguments {
  @OptionGroup var place: NamespaceOptions

  @ArgumentParser.Argument(help: "The Rollout's name.")
  var name: String

  /// Reads the Rollout, sends a verb's patches, tells what was done.
  func send(_ done: String, _ verb: (JSONValue, ClusterClient) async throws -> RolloutVerb)
    async throws
  {
    let (client, namespace) = try place.open()
    let reference = ObjectReference(.rollouts, namespace, name)
    let rollout = try await client.get(reference)
    let verb = try await verb(rollout, client)
    let writes = try verb.writes(on: rollout)
    for write in writes {
      try await client.patch(
        reference, write.patch, subresource: write.isStatus ? "status" : nil)
    }
    Terminal.print("rollout '\(name)' " + (writes.isEmpty ? "needs nothing" : done))
    if !writes.isEmpty, let advice = verb.repositoryAdvice(for: rollout) {
      Terminal.complain("assay: \(advice)")
    }
  }
}

struct RolloutAbortCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "abort", abstract: "Stop an update and go back to the stable version.")
  @OptionGroup var rollout: RolloutOptions

  func run() async throws {
    try await reporting { try await rollout.send("aborted") { _, _ in .abort } }
  }
}

struct RolloutRetryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retry", abstract: "Begin an aborted update again, from its first step.")
  @OptionGroup var rollout: RolloutOptions

  func run() async throws {
    try await reporting { try await rollout.send("retried") { _, _ in .retry } }
  }
}

struct RolloutPromoteCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "promote", abstract: "Lift a pause, or skip the current step.")
  @OptionGroup var rollout: RolloutOptions
  @Flag(help: "Skip all steps, pauses and analyses.")
  var full = false

  func run() async throws {
    try await reporting {
      try await rollout.send(full ? "fully promoted" : "promoted") { _, _ in
        full ? .promoteFully : .promote
      }
    }
  }
}

struct RolloutPauseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pause", abstract: "Hold an update where it is; `promote` lets it go on.")
  @OptionGroup var rollout: RolloutOptions

  func run() async throws {
    try await reporting { try await rollout.send("paused") { _, _ in .pause } }
  }
}

struct RolloutRestartCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restart", abstract: "Replace all pods, a few at a time.")
  @OptionGroup var rollout: RolloutOptions

  func run() async throws {
    try await reporting {
      try await rollout.send("restarts in a moment") { _, _ in .restart(at: WallClock.now()) }
    }
  }
}

struct RolloutUndoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "undo", abstract: "Roll out the pod template of an earlier revision.")
  @OptionGroup var rollout: RolloutOptions
  @Option(help: "The revision; the one before the current where none is given.")
  var toRevision = 0

  func run() async throws {
    try await reporting {
      try await rollout.send("undo") { object, client in
        let sets = try await client.list(.replicaSets, namespace: object.namespace)
        return .undo(
          template: try RolloutVerb.template(
            ofRevision: toRevision, of: object, replicaSets: sets.items))
      }
    }
  }
}

struct RolloutSetCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "set", abstract: "Change a Rollout.", subcommands: [Image.self])

  struct Image: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "image", abstract: "Set the images of containers.",
      discussion: "  assay rollouts set image model server=registry/server:2")
    @OptionGroup var rollout: RolloutOptions
    @ArgumentParser.Argument(help: "CONTAINER=IMAGE, or *=IMAGE for all containers.")
    var images: [String]

    func run() async throws {
      try await reporting {
        var byContainer: [String: String] = [:]
        for image in images {
          let parts = image.split(separator: "=", maxSplits: 1)
          guard parts.count == 2 else {
            throw CommandError("found \"\(image)\", expected CONTAINER=IMAGE")
          }
          byContainer[String(parts[0])] = String(parts[1])
        }
        try await rollout.send("image updated") { [byContainer] _, _ in .setImages(byContainer) }
      }
    }
  }
}

struct RolloutTerminateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "terminate", abstract: "End an AnalysisRun or an Experiment now.")

  enum Kind: String, ExpressibleByArgument, CaseIterable {
    case analysisrun
    case experiment
  }

  @OptionGroup var place: NamespaceOptions
  @ArgumentParser.Argument(help: "What to end.")
  var kind: Kind
  @ArgumentParser.Argument(help: "Its name.")
  var name: String

  func run() async throws {
    try await reporting {
      let (client, namespace) = try place.open()
      try await client.patch(
        ObjectReference(kind == .analysisrun ? .analysisRuns : .experiments, namespace, name),
        ["spec": ["terminate": true]])
      Terminal.print("\(kind.rawValue) '\(name)' terminated")
    }
  }
}
