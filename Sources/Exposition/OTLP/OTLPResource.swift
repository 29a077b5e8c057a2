import MetricModel

/// Who sent metrics.
struct OTLPResource {
  private var own = Labels.empty
  private var told: [OTLPAttribute] = []
  private var promoted: [(name: String, value: String)] = []
  private var translation = OTLPOptions.Translation.underscoreEscapingWithSuffixes
  private static let identifying = ["service.namespace", "service.name", "service.instance.id"]

  init() {}

  /// `job` is the service's namespace and name, `instance` its instance.
  init(_ attributes: [OTLPAttribute], _ options: OTLPOptions) {
    translation = options.translation
    func value(_ key: String) -> String { attributes.first { $0.key == key }?.value ?? "" }
    var builder = LabelsBuilder()
    let (namespace, name) = (value("service.namespace"), value("service.name"))
    if !name.isEmpty { builder.set("job", namespace.isEmpty ? name : "\(namespace)/\(name)") }
    builder.set("instance", value("service.instance.id"))
    own = builder.labels
    let others = attributes.filter { !Self.identifying.contains($0.key) }
    if !others.isEmpty { told = options.keepsIdentifyingAttributes ? attributes : others }
    for attribute in attributes where options.promotion.takes(attribute.key) {
      guard let name = OTLPNames.label(attribute.key, translation) else { continue }
      promoted.append((name, attribute.value))
    }
  }

  /// The labels of a point. Values of attributes that get one name are joined, in the order of
  /// their keys.
  func labels(_ attributes: [OTLPAttribute], _ scope: [OTLPAttribute]? = nil) -> Labels {
    var values = translated(attributes)
    for (name, value) in promoted where values[name, default: ""].isEmpty { values[name] = value }
    own.forEach { name, value in
      values[String(decoding: name, as: UTF8.self)] = String(decoding: value, as: UTF8.self)
    }
    for attribute in scope ?? [] {
      if let name = OTLPNames.label(attribute.key, translation) { values[name] = attribute.value }
    }
    return Self.labels(values)
  }

  private func translated(_ attributes: [OTLPAttribute]) -> [String: String] {
    var values: [String: String] = [:]
    let sorted = attributes.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    for attribute in sorted where attribute.key != Labels.metricName {
      guard let name = OTLPNames.label(attribute.key, translation) else { continue }
      if let before = values[name], !before.isEmpty {
        values[name] = "\(before);\(attribute.value)"
      } else {
        values[name] = attribute.value
      }
    }
    return values
  }

  private static func labels(_ values: [String: String]) -> Labels {
    var builder = LabelsBuilder()
    for (name, value) in values { builder.set(name, value) }
    return builder.labels
  }

  /// The series that carries the resource's other attributes; nil when there is nothing to tell, or
  /// nobody to tell it of.
  var targetInfo: Labels? {
    if told.isEmpty || own.isEmpty { return nil }
    var values = translated(told)
    own.forEach { name, value in
      values[String(decoding: name, as: UTF8.self)] = String(decoding: value, as: UTF8.self)
    }
    values[Labels.metricName] = "target_info"
    return Self.labels(values)
  }
}
