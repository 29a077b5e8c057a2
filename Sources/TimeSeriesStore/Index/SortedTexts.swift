internal import MetricModel

/// Names or values of labels in the order of their bytes, each once.
///
/// Indexes have theirs in order already, and those of one layer are mostly those of the next: lists
/// are merged, nothing is hashed.
struct SortedTexts {
  private(set) var texts: [ArraySlice<UInt8>] = []

  init() {}

  /// - Precondition: in order, each once.
  init(sorted texts: [ArraySlice<UInt8>]) {
    self.texts = texts
  }

  /// What `visit` hands over of each label set.
  init(
    of series: [Labels], _ visit: (Labels, (ArraySlice<UInt8>) -> Void) -> Void
  ) {
    var found: Set<ArraySlice<UInt8>> = []
    for labels in series { visit(labels) { found.insert($0) } }
    texts = found.sorted { $0.lexicographicallyPrecedes($1) }
  }

  /// Adds those of another list.
  mutating func merge(_ other: SortedTexts) {
    if texts == other.texts || other.texts.isEmpty { return }
    var merged: [ArraySlice<UInt8>] = []
    merged.reserveCapacity(max(texts.count, other.texts.count))
    var index = 0
    for text in other.texts {
      // Equality first: it costs the least to see, and is what there mostly is.
      var isKnown = index < texts.count && texts[index] == text
      while !isKnown && index < texts.count && texts[index].lexicographicallyPrecedes(text) {
        merged.append(texts[index])
        index += 1
        isKnown = index < texts.count && texts[index] == text
      }
      if isKnown { index += 1 }
      merged.append(text)
    }
    merged.append(contentsOf: texts[index...])
    texts = merged
  }
}
