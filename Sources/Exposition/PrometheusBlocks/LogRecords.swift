import MetricModel

/// The records of a write-ahead log, out of its segments.
///
/// The layout is that of Prometheus' `tsdb/docs/format/wal.md`: pages of 32 KiB, in which records
/// are cut into fragments, each with a checksum. A log may end within a record, as a server that
/// was killed leaves it; anything else that doesn't hold is damage.
struct LogRecords {
  private let segments: [BlockBytes]
  private var segment = 0
  private var place: BlockBytes
  private let mayEndTorn: Bool

  private static let pageSize = 32 << 10

  /// - Parameters:
  ///   - segments: the contents of the segment files, in the order of their names.
  ///   - folder: their folder, for messages.
  ///   - mayEndTorn: whether the last record may be cut short.
  init(_ segments: [[UInt8]], folder: String, mayEndTorn: Bool) {
    self.segments = segments.enumerated().map { number, bytes in
      BlockBytes(bytes, file: "\(folder), segment \(number + 1) of \(segments.count)")
    }
    place = self.segments.first ?? BlockBytes([], file: folder)
    self.mayEndTorn = mayEndTorn
  }

  /// The next record, decompressed; nil at the end.
  mutating func next() throws(BlockError) -> [UInt8]? {
    var record: [UInt8] = []
    var isWithin = false
    while true {
      do throws(BlockError) {
        guard let fragment = try nextFragment() else {
          guard !isWithin || mayEndTorn else { throw place.corrupt("a record is cut short") }
          return nil
        }
        let isStart = fragment.kind == .full || fragment.kind == .first
        guard isStart != isWithin else {
          throw place.corrupt("the fragments of a record are out of order")
        }
        record.append(contentsOf: fragment.bytes)
        isWithin = true
        if fragment.kind == .full || fragment.kind == .last {
          return try decompressed(record, fragment.compression)
        }
      } catch {
        // A page that was being written when the server stopped is as good as no page.
        if mayEndTorn && segment == segments.count - 1 { return nil }
        throw error
      }
    }
  }

  private enum Kind: UInt8 {
    case padding = 0
    case full = 1
    case first = 2
    case middle = 3
    case last = 4
  }

  private struct Fragment {
    var kind: Kind
    var compression: UInt8
    var bytes: ArraySlice<UInt8>
  }

  private mutating func nextFragment() throws(BlockError) -> Fragment? {
    while true {
      guard place.remaining > 0 else {
        guard segment + 1 < segments.count else { return nil }
        segment += 1
        place = segments[segment]
        continue
      }
      let header = try place.byte("the type of a record")
      guard let kind = Kind(rawValue: header & 7) else {
        throw place.corrupt("a record has the unknown type \(header & 7)")
      }
      if kind == .padding {
        // The rest of the page is empty.
        let used = place.position % Self.pageSize
        let rest = used == 0 ? 0 : min(Self.pageSize - used, place.remaining)
        let padding = try place.part(UInt64(rest), of: "the rest of a page")
        guard padding.rest.allSatisfy({ $0 == 0 }) else {
          throw padding.corrupt("the rest of a page is not empty")
        }
        continue
      }
      let high = UInt64(try place.byte("the length of a record"))
      let length = high << 8 | UInt64(try place.byte("the length of a record"))
      let checksum = try place.bigEndian32("the checksum of a record")
      let content = try place.part(length, of: "a record")
      guard CRC32C.checksum(of: content.rest) == checksum else {
        throw content.corrupt("the checksum of a record does not match")
      }
      return Fragment(kind: kind, compression: header & 0x18, bytes: content.rest)
    }
  }

  private func decompressed(_ record: [UInt8], _ compression: UInt8) throws(BlockError) -> [UInt8] {
    switch compression {
    case 0: return record
    case 8:
      guard let size = Snappy.declaredSize(of: record), size <= Self.recordBytesMax,
        let bytes = Snappy.decompress(record, size: size)
      else { throw place.corrupt("a record is not Snappy") }
      return bytes
    default:
      throw BlockError.unsupportedCompression(file: place.file)
    }
  }

  /// More than any server writes in one record.
  private static let recordBytesMax = 1 << 30
}
