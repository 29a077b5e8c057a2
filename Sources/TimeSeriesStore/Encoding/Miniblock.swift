/// Up to 128 integers as distances from a reference, in so many bits each.
///
///     width u8 │ signed reference │ packed distances                              width ≤ 64
///     width u8 + 128 │ signed reference │ outliers u8 │ each: row u8, signed high │ packed
///
/// A few outliers (a counter reset, a missed scrape) would widen all the others: of these, the low
/// `width` bits of the distance are packed with the rest and the high part stands apart.
/// Source: Zukowski et al., "Super-Scalar RAM-CPU Cache Compression", ICDE 2006 (patched coding).
struct Miniblock {
  private let numbers: ArraySlice<Int64>
  private var reference: Int64
  private var width: Int
  private var outliers: [(row: Int, high: Int64)] = []
  /// The bytes that `encode` appends.
  private(set) var sizeBytes: Int

  static let outliersFlag: UInt8 = 128
  private static let outliersMax = 16

  init(_ numbers: ArraySlice<Int64>) {
    self.numbers = numbers
    (reference, width) = Self.frame(numbers)
    sizeBytes = Self.size(numbers.count, width, reference)
    if width > typicalWidth + 1 { patch() }
  }

  /// The bytes that a miniblock takes at most.
  static func plainSize(_ numbers: ArraySlice<Int64>) -> Int {
    let (reference, width) = frame(numbers)
    return size(numbers.count, width, reference)
  }

  /// The least number, and the width of the distances of all from it.
  private static func frame(_ numbers: ArraySlice<Int64>) -> (reference: Int64, width: Int) {
    var least = Int64.max
    var greatest = Int64.min
    for number in numbers {
      least = min(least, number)
      greatest = max(greatest, number)
    }
    return (least, BitPack.width(of: UInt64(bitPattern: greatest &- least)))
  }

  /// The width that every eighth number needs: outliers are seldom among these.
  private var typicalWidth: Int {
    var least = Int64.max
    var greatest = Int64.min
    for row in stride(from: numbers.startIndex, to: numbers.endIndex, by: 8) {
      least = min(least, numbers[row])
      greatest = max(greatest, numbers[row])
    }
    return BitPack.width(of: UInt64(bitPattern: greatest &- least))
  }

  private static func size(_ count: Int, _ width: Int, _ reference: Int64) -> Int {
    1 + signedLength(reference) + BitPack.byteCount(count, width: width)
  }

  private static func signedLength(_ value: Int64) -> Int {
    ByteWriter.varintLength(ByteWriter.folded(value))
  }

  /// Tries smaller widths, each with the window that holds the most numbers.
  private mutating func patch() {
    let sorted = numbers.sorted()
    let typical = typicalWidth
    for candidate in max(0, typical - 1)...min(typical + 2, width - 1) {
      let start = Self.widestWindow(sorted, width: candidate)
      let base = sorted[start]
      var found: [(row: Int, high: Int64)] = []
      var size = Self.size(numbers.count, candidate, base) + 1
      for (row, number) in numbers.enumerated() {
        let high = (number &- base) >> Int64(candidate)
        guard high != 0 else { continue }
        found.append((row, high))
        size += 1 + Self.signedLength(high)
        if found.count > Self.outliersMax || size >= sizeBytes { break }
      }
      guard found.count <= Self.outliersMax, size < sizeBytes else { continue }
      (reference, width, outliers, sizeBytes) = (base, candidate, found, size)
    }
  }

  /// Where the window of `2^width` begins that holds the most of some ordered numbers.
  private static func widestWindow(_ sorted: [Int64], width: Int) -> Int {
    let span = width == 0 ? 0 : UInt64.max >> UInt64(64 - width)
    var best = (start: 0, count: 0)
    var end = 0
    for start in sorted.indices {
      while end < sorted.count && UInt64(bitPattern: sorted[end] &- sorted[start]) <= span {
        end += 1
      }
      if end - start > best.count { best = (start, end - start) }
    }
    return best.start
  }

  func encode(into writer: inout ByteWriter) {
    writer.u8(UInt8(width) | (outliers.isEmpty ? 0 : Self.outliersFlag))
    writer.signedVarint(reference)
    if !outliers.isEmpty {
      writer.u8(UInt8(outliers.count))
      for (row, high) in outliers {
        writer.u8(UInt8(row))
        writer.signedVarint(high)
      }
    }
    // Packing keeps the low bits of each distance; those of outliers too.
    let distances = numbers.map { UInt64(bitPattern: $0 &- reference) }
    BitPack.pack(distances[...], width: width, into: &writer.bytes)
  }
}
