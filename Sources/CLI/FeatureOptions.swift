import ArgumentParser
import PromQL

/// `--enable-feature`, as Prometheus spells it.
struct FeatureOptions: ParsableArguments {
  @Option(
    name: .customLong("enable-feature"),
    help: ArgumentHelp(
      "Parts of PromQL that are off by default, separated by commas: "
        + "\(names.joined(separator: ", ")).",
      valueName: "names"))
  var features: [String] = []

  private static let delayedNameRemoval = "promql-delayed-name-removal"
  private static let names = QueryFeature.allCases.map(\.rawValue) + [delayedNameRemoval]

  func validate() throws {
    for name in asked where !Self.names.contains(name) {
      throw ValidationError(
        "unknown feature \"\(name)\", known: \(Self.names.joined(separator: ", "))")
    }
  }

  private var asked: [String] {
    features.flatMap { $0.split(separator: ",").map(String.init) }
  }

  /// How queries are to be understood.
  var queryOptions: QueryOptions {
    QueryOptions(
      delaysNameRemoval: asked.contains(Self.delayedNameRemoval),
      features: Set(asked.compactMap(QueryFeature.init)))
  }
}
