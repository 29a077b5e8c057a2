internal import MetricModel
internal import ObjectWatching
internal import Rollouts
internal import Statistics

/// What a controller knows of a served world: a mirror for each kind it watches, the same that the
/// real controller's caches are made of.
struct WatchingController {
  typealias Kind = ServedWorld.Kind
  typealias Object = ServedWorld.Object

  private var mirrors: [Kind: ObjectMirror<Object>] = [:]
  /// Passes for which a watch stays dead.
  private var cuts: [Kind: Int] = [:]
  /// Its clock is ahead of the world's by that much.
  var skew = Milliseconds.zero

  /// The connection of a kind's watch is lost for so many passes.
  mutating func cut(_ kind: Kind, for passes: Int) { cuts[kind] = passes }

  /// Hears what the watches tell; what was refused as forgotten is listed.
  /// - Parameter told: how much of a kind's news arrives; nil for all of it.
  /// - Returns: how many resumes were refused.
  mutating func hear(
    _ served: ServedWorld, told: (Kind) -> Int? = { _ in nil }
  ) -> Int {
    var refusals = 0
    for kind in Kind.allCases {
      if let left = cuts[kind], left > 0 {
        cuts[kind] = left - 1
        continue
      }
      var mirror = mirrors[kind] ?? ObjectMirror()
      if case .watch(let version) = mirror.next {
        if let news = served.news(of: kind, after: version) {
          let count = told(kind) ?? .max
          for news in news.prefix(count) { _ = mirror.told(news) }
          if count >= news.count { _ = mirror.told(served.bookmark) }
        } else {
          mirror.expire()
          refusals += 1
        }
      }
      if mirror.next == .list { Self.list(&mirror, served.list(kind)) }
      mirrors[kind] = mirror
    }
    return refusals
  }

  /// Lists everything once more, as at the beginning of a term.
  mutating func refresh(_ served: ServedWorld) {
    cuts = [:]
    for kind in Kind.allCases {
      Self.list(&mirrors[kind, default: ObjectMirror()], served.list(kind))
    }
  }

  private static func list(
    _ mirror: inout ObjectMirror<Object>, _ list: (items: [Object], version: String)
  ) {
    _ = mirror.listed(list.items, at: list.version)
  }

  /// Takes in the answer to a write, or a read: the object as it is, nil for one that is gone.
  mutating func absorb(_ kind: Kind, _ name: String, _ object: Object?) {
    if let object {
      mirrors[kind]?.absorb(object)
    } else if let known = self.object(kind, name) {
      mirrors[kind]?.remove(known)
    }
  }

  func object(_ kind: Kind, _ name: String) -> Object? { mirrors[kind]?.object("n", name) }

  /// The Rollout as far as it is known.
  var rollout: (object: Object, plan: RolloutPlan, state: RolloutState)? {
    guard mirrors.count == Kind.allCases.count,
      let object = object(.rollouts, ServedWorld.rolloutName),
      case .rollout(let plan, let state) = object.content
    else { return nil }
    return (object, plan, state)
  }

  /// What a decision rests on: the mirrors, and what is asked for anew in each pass.
  func observation(of world: RolloutWorld) -> RolloutObservation {
    var seen = world.observation
    seen.now = seen.now.advanced(by: skew)
    (seen.replicaSets, seen.runs, seen.experiments, seen.services) = ([], [:], [:], [:])
    for object in mirrors.values.flatMap({ $0.objects(in: "n") }) {
      switch object.content {
      case .rollout: break
      case .replicaSet(var set):
        set.podList = world.replicaSet(set.podHash)?.podList ?? []
        seen.replicaSets.append(set)
      case .run(let run): seen.runs[object.name] = run
      case .experiment(let experiment): seen.experiments[object.name] = experiment
      case .service(let hash): seen.services[object.name] = hash
      }
    }
    return seen
  }
}

extension RolloutAction {
  /// The object it writes whose answer goes into a mirror.
  var written: (kind: ServedWorld.Kind, name: String)? {
    switch self {
    case .createReplicaSet(let start): (.replicaSets, start.podHash)
    case .setRevision(let hash, _), .scale(let hash, _, _), .setScaleDownDeadline(let hash, _),
      .setRejected(let hash, _), .setMetadata(let hash, _), .deleteReplicaSet(let hash):
      (.replicaSets, hash)
    case .select(let service, _): (.services, service)
    case .startAnalysis(let start): (.runs, start.name)
    case .terminateAnalysis(let name), .deleteAnalysis(let name): (.runs, name)
    case .startExperiment(let start): (.experiments, start.name)
    case .terminateExperiment(let name), .deleteExperiment(let name): (.experiments, name)
    case .copyConfig, .deleteConfig, .route, .evict, .scaleWorkload, .record: nil
    }
  }

  /// Whether it names the version it was decided by, and is refused when that is past.
  var namesVersion: Bool { if case .scale = self { true } else { false } }
}
