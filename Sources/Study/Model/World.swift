/// A setting in which rules are tried: what is measured, what the canary does, and what disturbs.
///
/// ```swift
/// var world = World("pods differ", .badShare(0.01))
/// world.podSpread = 0.3
/// ```
///
/// Disturbances multiply the share of bad events, or latencies. They are no effect of the version.
package struct World: Sendable, Hashable {
  package var name: String
  package var metric: Metric
  package var effect = Change.none
  package var plan = TrafficPlan.usual

  /// The standard deviation of the logarithm of a pod's own factor.
  package var podSpread = 0.0
  /// That of a factor of both versions that wanders in time.
  package var commonSpread = 0.0
  /// That of a factor of each version that wanders in time.
  package var armSpread = 0.0
  /// How much of a wandering factor is left after one scrape.
  package var correlation = 0.9
  /// The factors at the start and at the end of the rollout, with a straight line between.
  package var ramp = (from: 1.0, to: 1.0)
  /// The chance that a pod restarts between two scrapes, and loses what it counted since the last.
  package var restartChance = 0.0
  package var coldStart = ColdStart.none

  /// Which pods are worse while they are young: by 1 + 4 exp(−age / 45 s).
  package enum ColdStart: Sendable, Hashable {
    case none
    /// New pods are the canary's, stable has been up for long.
    case canary
    /// Stable was started anew beside the canary, so that it is as young.
    case both
  }

  package init(_ name: String, _ metric: Metric) {
    self.name = name
    self.metric = metric
  }

  package static func == (left: World, right: World) -> Bool {
    left.hashed == right.hashed && left.name == right.name && left.plan == right.plan
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(name)
    hasher.combine(hashed)
  }

  private struct Hashed: Hashable {
    var metric: Metric
    var effect: Change
    var numbers: [Double]
    var coldStart: ColdStart
  }

  private var hashed: Hashed {
    Hashed(
      metric: metric, effect: effect,
      numbers: [
        podSpread, commonSpread, armSpread, correlation, ramp.from, ramp.to, restartChance,
      ], coldStart: coldStart)
  }
}
