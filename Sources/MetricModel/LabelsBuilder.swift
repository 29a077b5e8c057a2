/// Collects labels in any order and makes `Labels` of them.
package struct LabelsBuilder {
  private var pairs: [(name: String, value: String)]

  package init(_ labels: Labels = .empty) {
    pairs = labels.pairs
  }

  /// Sets a label; an empty value removes it.
  package mutating func set(_ name: String, _ value: String) {
    if let index = pairs.firstIndex(where: { $0.name.utf8.elementsEqual(name.utf8) }) {
      if value.isEmpty { pairs.remove(at: index) } else { pairs[index].value = value }
    } else if !value.isEmpty {
      pairs.append((name, value))
    }
  }

  package mutating func remove(_ name: String) { set(name, "") }

  /// The labels collected so far.
  package var labels: Labels {
    var storage: [UInt8] = []
    for (name, value) in pairs.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) })
    {
      Self.appendLength(name.utf8.count, to: &storage)
      Self.appendLength(value.utf8.count, to: &storage)
      storage.append(contentsOf: name.utf8)
      storage.append(contentsOf: value.utf8)
    }
    return Labels(sortedStorage: storage)
  }

  private static func appendLength(_ length: Int, to storage: inout [UInt8]) {
    for shift in [0, 8, 16, 24] { storage.append(UInt8(truncatingIfNeeded: length >> shift)) }
  }
}

extension Labels {
  /// Labels straight from UTF-8 bytes, for decoders that know the names to be sorted and unique.
  ///
  /// Nil when they are not, or when a value is empty: such a caller goes through `LabelsBuilder`.
  package init?(
    sortedPairs: some Collection<(name: ArraySlice<UInt8>, value: ArraySlice<UInt8>)>
  ) {
    var storage: [UInt8] = []
    // Labels are many and stay: growing would leave each with room for half as much again.
    storage.reserveCapacity(
      sortedPairs.reduce(0) { $0 + Self.headerSize + $1.name.count + $1.value.count })
    var previous: ArraySlice<UInt8>?
    for (name, value) in sortedPairs {
      if let previous, !previous.lexicographicallyPrecedes(name) { return nil }
      if value.isEmpty { return nil }
      previous = name
      for length in [name.count, value.count] {
        for shift in [0, 8, 16, 24] { storage.append(UInt8(truncatingIfNeeded: length >> shift)) }
      }
      storage.append(contentsOf: name)
      storage.append(contentsOf: value)
    }
    self.init(sortedStorage: storage)
  }
}
