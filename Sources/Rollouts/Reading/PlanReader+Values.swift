internal import Manifest
internal import MetricModel

/// Fields by kind of value.
extension PlanReader {
  mutating func attempt<Value>(_ body: () throws(ManifestError) -> Value) -> Value? {
    do {
      return try body()
    } catch {
      problems.append(PlanProblem(.refused, error))
      return nil
    }
  }

  mutating func refuse(_ message: String, at node: ManifestNode, path: String) {
    problems.append(PlanProblem(.refused, ManifestError(message, at: node, path: path)))
  }

  mutating func advise(_ message: String, at node: ManifestNode, path: String) {
    problems.append(PlanProblem(.advice, ManifestError(message, at: node, path: path)))
  }

  /// Unknown fields, with a better hint for those that have a place elsewhere.
  mutating func gatherUnknown(
    of object: ManifestObject, elsewhere: [String: String] = [:]
  ) {
    for var error in object.unknownFields {
      let field = error.path.split(separator: ".").last.map(String.init) ?? ""
      if let remedy = elsewhere[field] { error.message = remedy }
      problems.append(PlanProblem(.refused, error))
    }
  }

  mutating func object(_ node: ManifestNode, _ path: String) -> ManifestObject? {
    attempt { () throws(ManifestError) in try node.object(at: path) }
  }

  mutating func required(
    _ field: String, of object: inout ManifestObject
  ) -> ManifestObject? {
    attempt { () throws(ManifestError) in try object.object(field) }
  }

  mutating func requiredText(_ field: String, of object: inout ManifestObject) -> String? {
    attempt { () throws(ManifestError) in try object.text(field) }
  }

  /// The objects of a list that may be absent.
  mutating func objects(_ field: String, of object: inout ManifestObject) -> [ManifestObject] {
    list(field, of: &object) { $0.object($1, $2) }
  }

  /// What `read` makes of each element of a list that may be absent.
  mutating func list<Value>(
    _ field: String, of object: inout ManifestObject,
    _ read: (inout PlanReader, ManifestNode, String) -> Value?
  ) -> [Value] {
    let elements = attempt { () throws(ManifestError) in try object.list(field) } ?? []
    return elements.compactMap { read(&self, $0.node, $0.path) }
  }

  /// A count from 0 to the largest Kubernetes can hold; nil when absent or refused.
  mutating func whole(_ field: String, of object: inout ManifestObject) -> Int? {
    guard let node = object.optional(field) else { return nil }
    let path = object.path(of: field)
    guard
      let value = attempt({ () throws(ManifestError) in try node.integer(at: path) })
    else { return nil }
    guard value >= 0, value <= Int64(Int32.max) else {
      refuse("found \(value), expected a number from 0 to \(Int32.max)", at: node, path: path)
      return nil
    }
    return Int(value)
  }

  /// Whole seconds; nil when absent or refused.
  mutating func seconds(_ field: String, of object: inout ManifestObject) -> Milliseconds? {
    whole(field, of: &object).map { .seconds(Int64($0)) }
  }

  mutating func flag(_ field: String, of object: inout ManifestObject) -> Bool {
    optionalFlag(field, of: &object) ?? false
  }

  mutating func optionalFlag(_ field: String, of object: inout ManifestObject) -> Bool? {
    attempt { () throws(ManifestError) in try object.optionalBool(field) } ?? nil
  }

  mutating func text(_ field: String, of object: inout ManifestObject) -> String? {
    attempt { () throws(ManifestError) in try object.optionalText(field) } ?? nil
  }

  mutating func texts(_ field: String, of object: inout ManifestObject) -> [String] {
    let list = attempt { () throws(ManifestError) in try object.list(field) } ?? []
    return list.compactMap { element in
      attempt { () throws(ManifestError) in try element.node.text(at: element.path) }
    }
  }

  mutating func textMap(_ field: String, of object: inout ManifestObject) -> [String: String] {
    attempt { () throws(ManifestError) in try object.textMap(field) } ?? [:]
  }

  /// An object that may be absent; nil also when it is refused.
  mutating func part(_ field: String, of object: inout ManifestObject) -> ManifestObject? {
    attempt { () throws(ManifestError) in try object.optionalObject(field) } ?? nil
  }

  mutating func length(_ node: ManifestNode, path: String) -> Milliseconds? {
    guard let text = attempt({ () throws(ManifestError) in try node.integerOrText(at: path) })
    else { return nil }
    if let length = StepDuration.parse(text) { return length }
    refuse(
      "found \"\(text)\", expected a length of time such as 90s, 5m or 1h30m, or whole seconds",
      at: node, path: path)
    return nil
  }

  mutating func podMetadata(_ field: String, of object: inout ManifestObject) -> PodMetadata {
    guard var metadata = part(field, of: &object) else { return PodMetadata() }
    let result = PodMetadata(
      labels: textMap("labels", of: &metadata), annotations: textMap("annotations", of: &metadata))
    gatherUnknown(of: metadata)
    return result
  }

  mutating func antiAffinity(of object: inout ManifestObject) -> AntiAffinity? {
    guard var rule = part("antiAffinity", of: &object) else { return nil }
    let required = rule.optional("requiredDuringSchedulingIgnoredDuringExecution")
    var result: AntiAffinity? = required == nil ? nil : .required
    if var preferred = part("preferredDuringSchedulingIgnoredDuringExecution", of: &rule) {
      let weight = whole("weight", of: &preferred) ?? 100
      gatherUnknown(of: preferred)
      if result == nil { result = .preferred(weight: weight) }
    }
    gatherUnknown(of: rule)
    return result
  }

  mutating func quantity(
    _ field: String, of object: inout ManifestObject
  ) -> ReplicaQuantity? {
    guard let node = object.optional(field) else { return nil }
    let path = object.path(of: field)
    guard
      let text = attempt({ () throws(ManifestError) in try node.integerOrText(at: path) })
    else { return nil }
    if case .integer = node.content, let count = Int32(text), count >= 0 {
      return .count(Int(count))
    }
    if text.hasSuffix("%"), let percent = Int32(text.dropLast()), percent >= 0 {
      if percent <= 100 || field == "maxSurge" { return .percent(Int(percent)) }
    }
    refuse(
      "found \"\(text)\", expected a number of pods such as 2 or a share such as \"25%\"",
      at: node, path: path)
    return nil
  }
}
