/// The identity of a series: unique names with non-empty values, sorted by name bytewise.
///
///     let labels = Labels([("__name__", "up"), ("job", "api")])
///     labels["job"]            // "api"
///     labels["absent"]         // nil; PromQL reads it as ""
///     labels.description       // up{job="api"}
///
/// Everything is compared as UTF-8 bytes, never by canonical equivalence as `String` does:
/// Prometheus holds "é" composed and decomposed for two labels.
package struct Labels: Hashable, Comparable, Sendable {
  /// For each label: name length, value length (four bytes each, little endian), name, value.
  let storage: [UInt8]
  private let cachedHash: UInt64

  /// The label that holds a metric's name.
  package static let metricName = "__name__"
  package static let empty = Labels(sortedStorage: [])

  /// Sorts; a later pair replaces an earlier one of the same name; empty values are left out,
  /// since Prometheus doesn't tell them from absent ones.
  package init(_ pairs: some Sequence<(String, String)>) {
    var builder = LabelsBuilder()
    for (name, value) in pairs { builder.set(name, value) }
    self = builder.labels
  }

  init(sortedStorage: [UInt8]) {
    storage = sortedStorage
    cachedHash = Self.hash(of: sortedStorage)
  }

  /// The number of labels.
  ///
  /// - Complexity: O(n) in the number of labels.
  package var count: Int {
    var total = 0
    forEachRange { _, _ in
      total += 1; return true
    }
    return total
  }

  package var isEmpty: Bool { storage.isEmpty }

  /// Bytes of all names and values, and eight for each label.
  package var sizeBytes: Int { storage.count }

  /// The value of a label, nil when absent.
  ///
  /// - Complexity: O(n) in the bytes of the labels.
  package subscript(name: String) -> String? {
    valueBytes(of: name).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The value of a label as UTF-8, nil when absent; nothing is copied.
  package func valueBytes(of name: String) -> ArraySlice<UInt8>? {
    var found: ArraySlice<UInt8>?
    forEachRange { nameRange, valueRange in
      guard storage[nameRange].elementsEqual(name.utf8) else { return true }
      found = storage[valueRange]
      return false
    }
    return found
  }

  /// The metric name, "" when there is none.
  package var metricName: String { self[Self.metricName] ?? "" }

  /// Names and values in the order of names.
  package var pairs: [(name: String, value: String)] {
    var result: [(name: String, value: String)] = []
    forEachRange { name, value in
      result.append(
        (
          String(decoding: storage[name], as: UTF8.self),
          String(decoding: storage[value], as: UTF8.self)
        ))
      return true
    }
    return result
  }

  /// Calls `body` with the bytes of each name and value, in the order of names.
  package func forEach(_ body: (_ name: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>) -> Void) {
    forEachRange { name, value in
      body(storage[name], storage[value])
      return true
    }
  }

  /// The same, of bytes that nobody keeps: nothing is counted for them.
  package func forEachText(_ body: (_ name: Span<UInt8>, _ value: Span<UInt8>) -> Void) {
    let bytes = storage.span
    forEachRange { name, value in
      body(bytes.extracting(name), bytes.extracting(value))
      return true
    }
  }

  /// Only the labels whose names are in `names`.
  package func keeping(_ names: [String]) -> Labels {
    picking(Self.sortedBytes(names), keepsListed: true)
  }

  /// All labels but those whose names are in `names`.
  package func removing(_ names: [String]) -> Labels {
    picking(Self.sortedBytes(names), keepsListed: false)
  }

  /// Names as `picking` wants them.
  package static func sortedBytes(_ names: [String]) -> [[UInt8]] {
    let sorted = names.map { Array($0.utf8) }.sorted { $0.lexicographicallyPrecedes($1) }
    return sorted.enumerated().filter { $0 == 0 || sorted[$0 - 1] != $1 }.map(\.element)
  }

  static let headerSize = 8

  /// Visits labels until `body` answers false.
  private func forEachRange(_ body: (_ name: Range<Int>, _ value: Range<Int>) -> Bool) {
    var position = 0
    while position < storage.count {
      let name = position + Self.headerSize
      let value = name + length(at: position)
      let end = value + length(at: position + 4)
      guard body(name..<value, value..<end) else { return }
      position = end
    }
  }

  private func length(at position: Int) -> Int {
    Int(storage[position]) | Int(storage[position + 1]) << 8 | Int(storage[position + 2]) << 16
      | Int(storage[position + 3]) << 24
  }

  package static func == (left: Labels, right: Labels) -> Bool {
    left.cachedHash == right.cachedHash && left.storage == right.storage
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(cachedHash)
  }

  /// A hash of the stored bytes, the same in every process.
  package var stableHash: UInt64 { cachedHash }

  /// Prometheus' order: name, then value of each label in turn, a prefix before what continues it.
  package static func < (left: Labels, right: Labels) -> Bool {
    if left.storage == right.storage { return false }
    var a = 0
    var b = 0
    while a < left.storage.count && b < right.storage.count {
      let (nameA, nameB) = (a + headerSize, b + headerSize)
      let (valueA, valueB) = (nameA + left.length(at: a), nameB + right.length(at: b))
      let (endA, endB) = (valueA + left.length(at: a + 4), valueB + right.length(at: b + 4))
      let (headA, headB) = (left.storage[nameA..<valueA], right.storage[nameB..<valueB])
      if headA != headB { return headA.lexicographicallyPrecedes(headB) }
      let (tailA, tailB) = (left.storage[valueA..<endA], right.storage[valueB..<endB])
      if tailA != tailB { return tailA.lexicographicallyPrecedes(tailB) }
      (a, b) = (endA, endB)
    }
    return a >= left.storage.count && b < right.storage.count
  }
}

extension Labels: CustomStringConvertible {
  /// Prometheus' spelling: `name{label="value"}`, names that need it quoted.
  package var description: String {
    var name = ""
    var inner: [String] = []
    for (label, value) in pairs {
      if label == Self.metricName && LabelName.isLegacyMetricName(value) {
        name = value
      } else if label == Self.metricName {
        inner.insert(GoText.quoted(value), at: 0)
      } else {
        let spelled = LabelName.isLegacy(label) ? label : GoText.quoted(label)
        inner.append("\(spelled)=\(GoText.quoted(value))")
      }
    }
    if inner.isEmpty { return name.isEmpty ? "{}" : name }
    return "\(name){\(inner.joined(separator: ", "))}"
  }
}
