internal import Manifest
internal import MetricModel
internal import PromQL

/// Turns the tree of a rule file into groups, collecting what is wrong.
struct RuleFileReading {
  let path: String
  let options: RuleFile.Options
  private(set) var errors: [RuleFileError] = []

  init(path: String, options: RuleFile.Options) {
    self.path = path
    self.options = options
  }

  private mutating func report(_ message: String, at node: ManifestNode? = nil) {
    let place = node.map { $0.line > 0 ? "\($0.line):\($0.column): " : "" } ?? ""
    errors.append(RuleFileError(description: "\(path): \(place)\(message)"))
  }

  private mutating func report(_ error: ManifestError) {
    errors.append(RuleFileError(description: "\(path): \(error)"))
  }

  mutating func groups(of document: ManifestNode?) -> [RuleGroup] {
    guard let document else { return [] }
    if case .null = document.content { return [] }
    var groups: [RuleGroup] = []
    var names: Set<String> = []
    do throws(ManifestError) {
      var root = try document.object(at: "")
      for (node, path) in try root.list("groups") {
        guard let group = group(node, at: path) else { continue }
        if group.name.isEmpty { report("Groupname must not be empty", at: node) }
        if !names.insert(group.name).inserted {
          report("groupname: \"\(group.name)\" is repeated in the same file", at: node)
        }
        groups.append(group)
      }
      checkUnknown(root)
    } catch {
      report(error)
    }
    return groups
  }

  private mutating func checkUnknown(_ object: ManifestObject) {
    guard !options.ignoresUnknownFields else { return }
    for error in object.unknownFields { report(error) }
  }

  private mutating func group(_ node: ManifestNode, at path: String) -> RuleGroup? {
    do throws(ManifestError) {
      var object = try node.object(at: path)
      var group = RuleGroup(
        name: try scalar(object.optional("name"), at: object.path(of: "name")) ?? "",
        file: self.path,
        interval: try duration("interval", of: &object),
        queryOffset: try duration("query_offset", of: &object) ?? .zero, limit: 0, rules: [])
      if let limit = object.optional("limit") {
        group.limit = try limit.scalarInteger(at: object.path(of: "limit"))
      }
      let labels = try pairs("labels", of: &object)
      checkLabels(labels, context: "")
      for (index, (node, path)) in try object.list("rules").enumerated() {
        let rule = rule(node, at: path, group: group.name, number: index + 1, groupLabels: labels)
        if let rule { group.rules.append(rule) }
      }
      checkUnknown(object)
      return group
    } catch {
      report(error)
      return nil
    }
  }

  private mutating func checkLabels(_ labels: [LabelPair], context: String) {
    for label in labels where label.name.isEmpty || label.name == Labels.metricName {
      report("\(context)invalid label name: \(label.name)")
    }
  }

  /// The fields of a rule before they are understood.
  private struct Fields {
    var record: ManifestNode?
    var alert: ManifestNode?
    var expression: ManifestNode?
    var expressionText = ""
    var name = ""
    var hold: Milliseconds?
    var keepFiring: Milliseconds?
    var labels: [LabelPair] = []
    var annotations: [LabelPair] = []
  }

  private mutating func rule(
    _ node: ManifestNode, at path: String, group: String, number: Int, groupLabels: [LabelPair]
  ) -> Rule? {
    let before = errors.count
    do throws(ManifestError) {
      var object = try node.object(at: path)
      var fields = Fields()
      fields.record = object.optional("record")
      fields.alert = object.optional("alert")
      fields.expression = object.optional("expr")
      fields.expressionText = try scalar(fields.expression, at: object.path(of: "expr")) ?? ""
      let alert = try scalar(fields.alert, at: object.path(of: "alert")) ?? ""
      let record = try scalar(fields.record, at: object.path(of: "record")) ?? ""
      fields.name = alert.isEmpty ? record : alert
      fields.hold = try duration("for", of: &object)
      fields.keepFiring = try duration("keep_firing_for", of: &object)
      fields.labels = try pairs("labels", of: &object)
      fields.annotations = try pairs("annotations", of: &object)
      checkUnknown(object)
      let context = "group \"\(group)\", rule \(number), \"\(fields.name)\": "
      let query = query(fields, alert: alert, record: record, context: context)
      let kind = kind(
        fields, isAlert: !alert.isEmpty, context: context,
        labels: Self.merged(groupLabels, fields.labels))
      guard errors.count == before, let query, let kind else { return nil }
      return Rule(name: fields.name, query: query, kind: kind)
    } catch {
      report(error)
      return nil
    }
  }

  private mutating func query(
    _ fields: Fields, alert: String, record: String, context: String
  ) -> Query? {
    if !alert.isEmpty, !record.isEmpty {
      report("\(context)only one of 'record' and 'alert' must be set", at: fields.record)
    }
    if alert.isEmpty, record.isEmpty {
      report("0:0: \(context)one of 'record' or 'alert' must be set")
    }
    guard !fields.expressionText.isEmpty else {
      report("\(context)field 'expr' must be set in rule", at: fields.expression)
      return nil
    }
    do {
      return try Query(fields.expressionText, options: options.queries)
    } catch {
      report("\(context)could not parse expression: \(error)", at: fields.expression)
      return nil
    }
  }

  private mutating func kind(
    _ fields: Fields, isAlert: Bool, context: String, labels: [LabelPair]
  ) -> Rule.Kind? {
    checkLabels(fields.labels, context: context)
    guard isAlert else {
      if !fields.annotations.isEmpty {
        report("\(context)invalid field 'annotations' in recording rule", at: fields.record)
      }
      if fields.hold ?? .zero != .zero {
        report("\(context)invalid field 'for' in recording rule", at: fields.record)
      }
      if fields.keepFiring ?? .zero != .zero {
        report("\(context)invalid field 'keep_firing_for' in recording rule", at: fields.record)
      }
      if fields.name.contains("{") || fields.name.contains("}") {
        report(
          "\(context)braces present in the recording rule name; should it be in expr?: "
            + fields.name, at: fields.record)
      }
      return .recording(labels: labels)
    }
    let filled = templated(labels, "label", alert: fields.name, context: context)
    let annotations = templated(
      fields.annotations, "annotation", alert: fields.name, context: context)
    return .alerting(
      AlertRule(
        hold: fields.hold ?? .zero, keepFiring: fields.keepFiring ?? .zero, labels: filled,
        annotations: annotations))
  }

  private mutating func templated(
    _ pairs: [LabelPair], _ what: String, alert: String, context: String
  ) -> [TemplatedPair] {
    var result: [TemplatedPair] = []
    for pair in pairs {
      do {
        result.append(try TemplatedPair(name: pair.name, source: pair.value, alert: alert))
      } catch {
        report("\(context)\(what) \(GoText.quoted(pair.name)): \(error)")
      }
    }
    return result
  }

  /// The group's labels, those of the rule over them.
  private static func merged(_ group: [LabelPair], _ rule: [LabelPair]) -> [LabelPair] {
    var values = Dictionary(group.map { ($0.name, $0.value) }) { _, last in last }
    for pair in rule { values[pair.name] = pair.value }
    return values.sorted { $0.key < $1.key }.map { LabelPair(name: $0.key, value: $0.value) }
  }
}

// Kinds of fields that rule files share.
extension RuleFileReading {
  private func scalar(_ node: ManifestNode?, at path: String) throws(ManifestError) -> String? {
    try node.map { (node) throws(ManifestError) in try node.scalarText(at: path) }
  }

  private func duration(
    _ field: String, of object: inout ManifestObject
  ) throws(ManifestError) -> Milliseconds? {
    guard let node = object.optional(field) else { return nil }
    return try node.duration(at: object.path(of: field))
  }

  /// Sorted by name.
  private func pairs(
    _ field: String, of object: inout ManifestObject
  ) throws(ManifestError) -> [LabelPair] {
    guard let node = object.optional(field) else { return [] }
    return try node.scalarMap(at: object.path(of: field))
  }
}
