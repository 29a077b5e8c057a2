/// How the traffic should be split: what every router of a plan is brought to.
///
///     TrafficTarget(
///       canary: .init(service: "shop-canary", podHash: "7c9f", weight: 20),
///       stable: .init(service: "shop-stable", podHash: "6d4b", weight: 80))
///
/// Whole, not a difference: what isn't in it is taken away, as far as the rollout put it there.
package struct TrafficTarget: Hashable, Sendable, CustomStringConvertible {
  package struct Destination: Hashable, Sendable {
    /// "" where the plan names no Service (a split by subset).
    package var service: String
    package var podHash: String
    package var weight: Int

    package init(service: String, podHash: String, weight: Int) {
      self.service = service
      self.podHash = podHash
      self.weight = weight
    }
  }

  package var canary: Destination
  package var stable: Destination
  /// Experiments with a weight of their own.
  package var additional: [Destination]
  /// The sum of all weights.
  package var maxWeight: Int
  /// Routes in the order of `managedRoutes`.
  package var headerRoutes: [HeaderRoute]
  package var mirrorRoutes: [MirrorRoute]

  package init(
    canary: Destination, stable: Destination, additional: [Destination] = [],
    maxWeight: Int = 100, headerRoutes: [HeaderRoute] = [], mirrorRoutes: [MirrorRoute] = []
  ) {
    self.canary = canary
    self.stable = stable
    self.additional = additional
    self.maxWeight = maxWeight
    self.headerRoutes = headerRoutes
    self.mirrorRoutes = mirrorRoutes
  }
}

extension TrafficTarget {
  /// `stable 6d4b 80, canary 7c9f 20`, then experiments and routes.
  package var description: String {
    var parts = [
      "stable \(stable.podHash) \(stable.weight)", "canary \(canary.podHash) \(canary.weight)",
    ]
    parts += additional.map { "\($0.service) \($0.weight)" }
    parts += (headerRoutes.map(\.name) + mirrorRoutes.map(\.name)).map { "route \($0)" }
    return parts.joined(separator: ", ")
  }
}

/// A text to be matched.
package enum StringMatch: Hashable, Sendable {
  case exact(String)
  case prefix(String)
  case regex(String)
}

/// A named route that sends requests with certain headers to the canary.
package struct HeaderRoute: Hashable, Sendable {
  package struct Match: Hashable, Sendable {
    package var header: String
    package var value: StringMatch

    package init(header: String, value: StringMatch) {
      self.header = header
      self.value = value
    }
  }

  package var name: String
  /// All of them must hold; none stands for "no such route".
  package var matches: [Match]

  package init(name: String, matches: [Match]) {
    self.name = name
    self.matches = matches
  }
}

/// A named route that copies requests to the canary, whose answers nobody gets.
package struct MirrorRoute: Hashable, Sendable {
  package struct Match: Hashable, Sendable {
    package var method: StringMatch?
    package var path: StringMatch?
    /// Sorted by name.
    package var headers: [HeaderRoute.Match]

    package init(
      method: StringMatch? = nil, path: StringMatch? = nil, headers: [HeaderRoute.Match] = []
    ) {
      self.method = method
      self.path = path
      self.headers = headers
    }
  }

  package var name: String
  /// Any of them is enough; none stands for "no such route".
  package var matches: [Match]
  /// The share of matching requests that is copied, in percent.
  package var percentage: Int

  package init(name: String, matches: [Match], percentage: Int = 100) {
    self.name = name
    self.matches = matches
    self.percentage = percentage
  }

  var identity: String { "\(percentage) \(matches)" }
}
