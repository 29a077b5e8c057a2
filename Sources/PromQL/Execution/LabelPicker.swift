internal import MetricModel

/// Makes of a series' labels those that an operation keeps, comparing bytes only.
///
///     LabelPicker(keeping: ["job"])(labels)
struct LabelPicker {
  /// Sorted bytewise.
  private let names: [[UInt8]]
  private let keepsListed: Bool

  /// `__name__` and the labels that describe it; they go together.
  static let metadata = ["__name__", "__type__", "__unit__"]
  static let withoutName = LabelPicker(removing: metadata)

  init(keeping names: [String]) {
    self.init(names, keepsListed: true)
  }

  init(removing names: [String]) {
    self.init(names, keepsListed: false)
  }

  private init(_ names: [String], keepsListed: Bool) {
    let sorted = names.map { Array($0.utf8) }.sorted { $0.lexicographicallyPrecedes($1) }
    self.names = sorted
    self.keepsListed = keepsListed
  }

  func callAsFunction(_ labels: Labels) -> Labels {
    if names.isEmpty { return keepsListed ? .empty : labels }
    if !keepsListed && !hasListed(labels) { return labels }
    var kept: [(name: ArraySlice<UInt8>, value: ArraySlice<UInt8>)] = []
    var total = 0
    labels.forEach { name, value in
      total += 1
      if isListed(name) == keepsListed { kept.append((name, value)) }
    }
    if kept.count == total { return labels }
    return Labels(sortedPairs: kept) ?? .empty
  }

  private func hasListed(_ labels: Labels) -> Bool {
    var isFound = false
    labels.forEach { name, _ in isFound = isFound || isListed(name) }
    return isFound
  }

  private func isListed(_ name: ArraySlice<UInt8>) -> Bool {
    for candidate in names where candidate.count == name.count && candidate.elementsEqual(name) {
      return true
    }
    return false
  }
}

/// How labels of an aggregation's or a join's group come from those of a series.
extension LabelPicker {
  init(_ grouping: Grouping) {
    switch grouping {
    case .by(let names): self.init(keeping: names)
    case .without(let names): self.init(removing: names + [Labels.metricName])
    }
  }

  /// The labels in which elements of a join must agree.
  init(signatureOf matching: VectorMatching.Labels) {
    switch matching {
    case .on(let names): self.init(keeping: names)
    case .ignoring(let names): self.init(removing: names + [Labels.metricName])
    }
  }
}
