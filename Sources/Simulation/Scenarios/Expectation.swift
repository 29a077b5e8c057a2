internal import Analysis
internal import Manifest
internal import Rollouts

/// What a scenario says of the world at one moment; what it doesn't mention may be anything.
package struct Expectation: Sendable {
  /// A field of the status or a count, with the text it must have.
  private var texts: [(field: String, wanted: String)] = []
  private var pods: [String: Int]?
  private var available: [String: Int]?
  private var services: [String: String]?
  private var runs: [String: AnalysisPhase]?
  private var weights: [Int]?
  private var routes: [String]?
  private var events: [String]?
  private var writes: [String]?
  private var metadata: [String: String]?
  private var absent: [String]?
  private var lists: [(field: String, wanted: [String])] = []

  private static let textFields = [
    "phase", "message", "step", "stable", "current", "weight", "revision", "aborted", "restarted",
    "progressing", "completion", "workload", "pingPong", "experiment", "selector", "scaled",
    "invalid", "config",
  ]

  init(_ node: ManifestNode, path: String) throws(ManifestError) {
    var object = try node.object(at: path)
    for field in Self.textFields {
      guard let value = object.optional(field) else { continue }
      if case .bool(let truth) = value.content {
        texts.append((field, "\(truth)"))
      } else {
        texts.append((field, try value.integerOrText(at: object.path(of: field))))
      }
    }
    if let value = object.optional("pods") { pods = try Scenario.counts(value, "pods") }
    if let value = object.optional("available") {
      available = try Scenario.counts(value, "available")
    }
    if object.fields.contains("services") { services = try object.textMap("services") }
    if let value = object.optional("runs") { runs = try Scenario.phases(value, "runs") }
    if object.fields.contains("metadata") { metadata = try object.textMap("metadata") }
    routes = try texts("routes", of: &object)
    absent = try texts("absent", of: &object)
    events = try texts("events", of: &object)
    writes = try texts("writes", of: &object)
    for field in ["deadlines", "rejected"] {
      if let wanted = try texts(field, of: &object) { lists.append((field, wanted)) }
    }
    if object.fields.contains("weights") {
      var list: [Int] = []
      for (node, path) in try object.list("weights") {
        list.append(Int(clamping: try node.integer(at: path)))
      }
      weights = list
    }
    try object.finish()
  }

  private func texts(
    _ field: String, of object: inout ManifestObject
  ) throws(ManifestError) -> [String]? {
    guard object.fields.contains(field) else { return nil }
    var result: [String] = []
    for (node, path) in try object.list(field) { result.append(try node.text(at: path)) }
    return result
  }

  /// What isn't as it should be, each with what was found.
  func faults(in run: ScenarioRun, isTraced: Bool) -> [String] {
    var faults: [String] = []
    func demand(_ field: String, _ found: String, _ wanted: String) {
      let holds =
        wanted.hasSuffix("*") ? found.hasPrefix(wanted.dropLast()) : found == wanted
      if !holds { faults.append("\(field) is \"\(found)\", expected \"\(wanted)\"") }
    }
    for (field, wanted) in texts { demand(field, run.text(of: field), wanted) }
    for (tag, wanted) in (pods ?? [:]).sorted(by: { $0.key < $1.key }) {
      demand("pods of \(tag)", run.set(tag).map { "\($0.desired)" } ?? "none", "\(wanted)")
    }
    for (tag, wanted) in (available ?? [:]).sorted(by: { $0.key < $1.key }) {
      demand("available of \(tag)", run.set(tag).map { "\($0.available)" } ?? "none", "\(wanted)")
    }
    for (name, wanted) in (services ?? [:]).sorted(by: { $0.key < $1.key }) {
      demand("service \(name)", run.world.services[name].map(run.tag) ?? "missing", wanted)
    }
    for (suffix, wanted) in (runs ?? [:]).sorted(by: { $0.key < $1.key }) {
      let found = run.runs(endingIn: suffix).map(\.phase.rawValue)
      demand("run \(suffix)", found.last ?? "none", wanted.rawValue)
    }
    for (tag, wanted) in (metadata ?? [:]).sorted(by: { $0.key < $1.key }) {
      let labels = run.set(tag)?.metadata.labels ?? [:]
      let found = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
      demand("metadata of \(tag)", found.joined(separator: " "), wanted)
    }
    for (field, wanted) in lists {
      demand(field, run.tags(in: field).joined(separator: " "), wanted.joined(separator: " "))
    }
    for suffix in absent ?? [] {
      demand("runs \(suffix)", "\(run.runs(endingIn: suffix).count)", "0")
    }
    if let weights { demand("weights", "\(run.weights)", "\(weights)") }
    if let routes {
      demand("routes", run.routes.joined(separator: " "), routes.joined(separator: " "))
    }
    guard isTraced else { return faults }
    if let writes { demand("writes", lines(run.writes), lines(writes)) }
    if let events {
      var rest = run.events[...]
      for wanted in events {
        if let index = rest.firstIndex(where: { $0.hasPrefix(wanted) }) {
          rest = rest[(index + 1)...]
        } else {
          faults.append("no event \"\(wanted)\" in its place, events: \(lines(run.events))")
        }
      }
    }
    return faults
  }

  private func lines(_ texts: [String]) -> String { texts.joined(separator: " | ") }
}
