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
    self.names = Labels.sortedBytes(names)
    self.keepsListed = keepsListed
  }

  func callAsFunction(_ labels: Labels) -> Labels {
    labels.picking(names, keepsListed: keepsListed)
  }

  /// The number that a table has for these labels of a series.
  func number(of labels: Labels, in table: inout LabelsTable) -> Int {
    table.number(ofPicking: names, keepsListed: keepsListed, from: labels)
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
