/// How metrics of OpenTelemetry become series: the section `otlp` of a configuration.
package struct OTLPOptions: Equatable, Sendable {
  /// How names are made; raw values are those of `translation_strategy`.
  package enum Translation: String, Sendable, CaseIterable {
    case underscoreEscapingWithSuffixes = "UnderscoreEscapingWithSuffixes"
    case underscoreEscapingWithoutSuffixes = "UnderscoreEscapingWithoutSuffixes"
    case noUTF8EscapingWithSuffixes = "NoUTF8EscapingWithSuffixes"
    case noTranslation = "NoTranslation"

    /// Whether names become words of letters, digits and underscores.
    var escapes: Bool {
      self == .underscoreEscapingWithSuffixes || self == .underscoreEscapingWithoutSuffixes
    }
    /// Whether unit and type are told at the end of a name.
    var addsSuffixes: Bool {
      self == .underscoreEscapingWithSuffixes || self == .noUTF8EscapingWithSuffixes
    }
  }

  /// Which attributes of a resource all its series get as labels.
  package enum Promotion: Equatable, Sendable {
    case only(Set<String>)
    case all(except: Set<String>)

    func takes(_ key: String) -> Bool {
      switch self {
      case .only(let keys): keys.contains(key)
      case .all(let others): !others.contains(key)
      }
    }
  }

  package var translation = Translation.underscoreEscapingWithSuffixes
  package var promotion = Promotion.only([])
  /// Whether `target_info` repeats what `job` and `instance` are made of.
  package var keepsIdentifyingAttributes = false
  /// Whether series get the name, the version, the schema and the attributes of their scope.
  package var promotesScope = false
  /// `target_info` has a sample at least this often between a resource's first and last point, in
  /// milliseconds: half the lookback of queries.
  package var targetInfoInterval: Int64 = 150_000

  package init() {}
}

/// A metric that isn't stored, or a part of it.
package struct OTLPRejection: Equatable, Sendable {
  package var reason: String
  /// How many points are lost.
  package var points: Int

  package init(reason: String, points: Int) {
    self.reason = reason
    self.points = points
  }
}
