internal import MetricModel

/// From label names and values to series: what a matcher is answered from.
///
/// Series are ordinals in the order of their labels. The index reads straight from its bytes,
/// mapped from a block or built in memory for a head, so a selection touches only what it needs.
///
/// Symbols section: u32 count, u32 offsets[count + 1], texts; sorted bytewise, unique.
/// Postings section: u32 names; per name (12 bytes): symbol, first value, values; per value
/// (12 bytes): symbol, offset of its postings from the section's start, series; then the
/// postings, each an `IntegerColumn` of ordinals: a metric's series are neighbours and those of one
/// bucket stand at equal distances, so most lists take a few bytes.
struct LabelIndex: Sendable {
  /// How lists of ordinals are written.
  enum ListCode: Sendable {
    /// Format 1: varint distances, the first from -1, each less 1.
    case gaps
    case integerColumn
  }

  let bytes: MappedBytes
  let symbols: SymbolSection
  private let postings: Range<Int>
  private let listCode: ListCode
  /// The number of label names.
  let nameCount: Int
  /// The number of series.
  let seriesCount: Int

  init(
    _ bytes: MappedBytes, symbols: Range<Int>, postings: Range<Int>, seriesCount: Int,
    listCode: ListCode = .integerColumn
  ) throws(Damage) {
    self.listCode = listCode
    self.bytes = bytes
    self.symbols = try SymbolSection(bytes, symbols)
    self.postings = postings
    self.seriesCount = seriesCount
    var cursor = try bytes.cursor(in: postings)
    nameCount = Int(try cursor.u32())
    guard nameCount <= cursor.remaining / Self.entrySize else {
      throw Damage(at: postings.lowerBound, "\(nameCount) label names don't fit the section")
    }
  }

  private static let entrySize = 12

  /// A name and where its values are.
  struct Name {
    var symbol: Int
    fileprivate var firstValue: Int
    var valueCount: Int
  }

  /// A value and where its postings are.
  struct Value {
    var symbol: Int
    fileprivate var offset: Int
    var seriesCount: Int
  }

  /// Names in order, by their index.
  func name(at index: Int) throws(Damage) -> Name {
    let (symbol, first, count) = try entry(index)
    return Name(symbol: symbol, firstValue: first, valueCount: count)
  }

  /// The value with this index below `name`, in order of values.
  func value(_ index: Int, of name: Name) throws(Damage) -> Value {
    let (symbol, offset, count) = try entry(nameCount + name.firstValue + index)
    return Value(symbol: symbol, offset: offset, seriesCount: count)
  }

  /// The entry of a name, nil when no series has it.
  func find(name: some Collection<UInt8>) throws(Damage) -> Name? {
    var bounds = 0..<nameCount
    while !bounds.isEmpty {
      let middle = bounds.lowerBound + bounds.count / 2
      let candidate = try self.name(at: middle)
      let order = try symbols.compare(candidate.symbol, with: name)
      if order == 0 { return candidate }
      bounds = order < 0 ? (middle + 1)..<bounds.upperBound : bounds.lowerBound..<middle
    }
    return nil
  }

  /// The entry of a value below `name`, nil when no series has it.
  func find(value: some Collection<UInt8>, of name: Name) throws(Damage) -> Value? {
    var bounds = 0..<name.valueCount
    while !bounds.isEmpty {
      let middle = bounds.lowerBound + bounds.count / 2
      let candidate = try self.value(middle, of: name)
      let order = try symbols.compare(candidate.symbol, with: value)
      if order == 0 { return candidate }
      bounds = order < 0 ? (middle + 1)..<bounds.upperBound : bounds.lowerBound..<middle
    }
    return nil
  }

  /// The index of the first value below `name` that doesn't sort before `text`.
  func firstValue(of name: Name, from text: [UInt8]) throws(Damage) -> Int {
    var bounds = 0..<name.valueCount
    while !bounds.isEmpty {
      let middle = bounds.lowerBound + bounds.count / 2
      let order = try symbols.compare(try value(middle, of: name).symbol, with: text)
      bounds = order < 0 ? (middle + 1)..<bounds.upperBound : bounds.lowerBound..<middle
    }
    return bounds.lowerBound
  }

  /// The ordinals of the series that have a value, ascending.
  func postings(of value: Value) throws(Damage) -> [UInt32] {
    let start = postings.lowerBound + value.offset
    guard value.seriesCount <= seriesCount, start <= postings.upperBound else {
      throw Damage(at: start, "postings of \(value.seriesCount) series lie outside the section")
    }
    var cursor = try bytes.cursor(in: start..<postings.upperBound)
    switch listCode {
    case .gaps: return try gaps(&cursor, count: value.seriesCount)
    case .integerColumn: return try column(&cursor, count: value.seriesCount)
    }
  }

  private func column(_ cursor: inout MappedCursor, count: Int) throws(Damage) -> [UInt32] {
    guard count > 0 else { return [] }
    let place = cursor.position
    var numbers: [Int64] = []
    try IntegerColumn.decode(&cursor, count: count, into: &numbers)
    guard numbers[0] >= 0, numbers[count - 1] < Int64(seriesCount),
      numbers[...].isStrictlyAscending
    else { throw Damage(at: place, "series don't ascend below \(seriesCount)") }
    return numbers.map { UInt32(truncatingIfNeeded: $0) }
  }

  private func gaps(_ cursor: inout MappedCursor, count: Int) throws(Damage) -> [UInt32] {
    var result: [UInt32] = []
    result.reserveCapacity(count)
    var next: UInt64 = 0
    for _ in 0..<count {
      let place = cursor.position
      let (ordinal, overflow) = next.addingReportingOverflow(try cursor.varint())
      guard !overflow, ordinal < UInt64(seriesCount) else {
        throw Damage(at: place, "series \(ordinal), there are \(seriesCount)")
      }
      result.append(UInt32(ordinal))
      next = ordinal + 1
    }
    return result
  }

  private func entry(_ index: Int) throws(Damage) -> (Int, Int, Int) {
    let start = postings.lowerBound + 4 + index * Self.entrySize
    guard start + Self.entrySize <= postings.upperBound else {
      throw Damage(at: start, "entry \(index) lies outside the postings section")
    }
    var cursor = try bytes.cursor(in: start..<(start + Self.entrySize))
    return (Int(try cursor.u32()), Int(try cursor.u32()), Int(try cursor.u32()))
  }
}

/// Sorted texts, each stored once.
struct SymbolSection: Sendable {
  private let bytes: MappedBytes
  private let section: Range<Int>
  let count: Int
  private var textStart: Int { section.lowerBound + 4 + 4 * (count + 1) }

  init(_ bytes: MappedBytes, _ section: Range<Int>) throws(Damage) {
    self.bytes = bytes
    self.section = section
    var cursor = try bytes.cursor(in: section)
    count = Int(try cursor.u32())
    guard count + 1 <= cursor.remaining / 4 else {
      throw Damage(at: section.lowerBound, "\(count) symbols don't fit the section")
    }
  }

  /// The text of a symbol.
  func text(_ symbol: Int) throws(Damage) -> [UInt8] { bytes.bytes(in: try range(of: symbol)) }

  /// Negative when the symbol sorts before the text.
  func compare(_ symbol: Int, with text: some Collection<UInt8>) throws(Damage) -> Int {
    bytes.compare(try range(of: symbol), with: text)
  }

  /// Where the text of a symbol stands.
  func range(of symbol: Int) throws(Damage) -> Range<Int> {
    let entry = section.lowerBound + 4 + 4 * symbol
    guard symbol >= 0, symbol < count else {
      throw Damage(at: section.lowerBound, "symbol \(symbol), there are \(count)")
    }
    var cursor = try bytes.cursor(in: entry..<(entry + 8))
    let start = textStart + Int(try cursor.u32())
    let end = textStart + Int(try cursor.u32())
    guard start <= end, end <= section.upperBound else {
      throw Damage(at: entry, "text of symbol \(symbol) lies outside the section")
    }
    return start..<end
  }
}
