internal import ObjectWatching
internal import Rollouts

/// What an API server tells of a `RolloutWorld`: objects with versions, and the news since.
///
///     served.take(world)                             // after anything was written
///     served.news(of: .replicaSets, after: "17")     // nil once it forgot
struct ServedWorld {
  /// What the controller watches, a connection each.
  enum Kind: CaseIterable {
    case rollouts, replicaSets, runs, experiments, services
  }

  enum Content: Equatable, Sendable {
    case rollout(RolloutPlan, RolloutState)
    case replicaSet(ObservedReplicaSet)
    case run(ObservedRun)
    case experiment(ObservedExperiment)
    /// The hash it selects.
    case service(String)
  }

  struct Object: WatchedObject, Equatable {
    var name: String
    var uid: String
    var version: UInt64
    var content: Content
    let namespace = "n"

    var resourceVersion: String { String(version) }
    var ownerUID: String? { nil }
  }

  static let rolloutName = "rollout"

  private var objects: [Kind: [String: Object]] = [:]
  private var log: [(kind: Kind, version: UInt64, news: WatchNews<Object>)] = []
  private var version: UInt64 = 1
  /// News up to here can't be told any more.
  private var forgotten: UInt64 = 0

  func object(_ kind: Kind, _ name: String) -> Object? { objects[kind]?[name] }

  /// Takes in what was written since.
  mutating func take(_ world: RolloutWorld) {
    let plan = world.plan
    take(.rollouts, [Self.rolloutName: .rollout(plan, world.state)])
    var sets: [String: Content] = [:]
    for set in world.replicaSets {
      // Pods are objects of their own.
      var set = set
      set.podList = []
      sets[set.podHash] = .replicaSet(set)
    }
    take(.replicaSets, sets)
    take(.runs, world.runs.mapValues { .run($0) })
    take(.experiments, world.experiments.mapValues { .experiment($0) })
    take(.services, world.services.mapValues { .service($0) })
  }

  private mutating func take(_ kind: Kind, _ contents: [String: Content]) {
    for (name, object) in (objects[kind] ?? [:]).sorted(by: { $0.key < $1.key })
    where contents[name] == nil {
      var last = object
      last.version = next()
      objects[kind]?[name] = nil
      log.append((kind, last.version, .deleted(last)))
    }
    for (name, content) in contents.sorted(by: { $0.key < $1.key })
    where objects[kind]?[name]?.content != content {
      write(kind, name, content)
    }
  }

  private mutating func write(_ kind: Kind, _ name: String, _ content: Content) {
    let version = next()
    let object = Object(
      name: name, uid: objects[kind]?[name]?.uid ?? "\(name)-\(version)", version: version,
      content: content)
    objects[kind, default: [:]][name] = object
    log.append((kind, version, .changed(object)))
  }

  private mutating func next() -> UInt64 {
    version += 1
    return version
  }

  /// Somebody writes what doesn't matter here, such as an annotation.
  mutating func touch(_ kind: Kind, _ name: String) {
    if let content = objects[kind]?[name]?.content { write(kind, name, content) }
  }

  func list(_ kind: Kind) -> (items: [Object], version: String) {
    let items = (objects[kind] ?? [:]).sorted { $0.key < $1.key }.map(\.value)
    return (items, String(version))
  }

  /// What happened to a kind after a version; nil when that is forgotten (410).
  func news(of kind: Kind, after version: String) -> [WatchNews<Object>]? {
    guard let version = UInt64(version), version >= forgotten else { return nil }
    return log.filter { $0.version > version && $0.kind == kind }.map(\.news)
  }

  /// Nothing else happened up to now.
  var bookmark: WatchNews<Object> { .bookmark(String(version)) }

  /// Forgets what happened so far.
  mutating func compact() {
    forgotten = version
    log = []
  }
}
