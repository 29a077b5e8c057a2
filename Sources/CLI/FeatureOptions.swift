import ArgumentParser
import PromQL

/// `--enable-feature`, as Prometheus spells it.
struct FeatureOptions: ParsableArguments {
  @Option(
    name: .customLong("enable-feature"),
    help: ArgumentHelp(
      "What is off by default in the language and the server, separated by commas: "
        + "\(names.joined(separator: ", ")).",
      valueName: "names"))
  var features: [String] = []

  private static let delayedNameRemoval = "promql-delayed-name-removal"
  private static let startZeros = "created-timestamp-zero-ingestion"
  private static let names =
    QueryFeature.allCases.map(\.rawValue) + [delayedNameRemoval, startZeros]

  func validate() throws {
    for name in asked where !Self.names.contains(name) {
      throw ValidationError(
        "unknown feature \"\(name)\", known: \(Self.names.joined(separator: ", "))")
    }
  }

  private var asked: [String] {
    features.flatMap { $0.split(separator: ",").map(String.init) }
  }

  /// Whether counters begin with a zero at the time since which they have counted.
  var addsStartZeros: Bool { asked.contains(Self.startZeros) }

  /// How queries are to be understood.
  var queryOptions: QueryOptions {
    QueryOptions(
      delaysNameRemoval: asked.contains(Self.delayedNameRemoval),
      features: Set(asked.compactMap(QueryFeature.init)))
  }
}
