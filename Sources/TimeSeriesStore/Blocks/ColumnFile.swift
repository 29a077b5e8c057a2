/// The chunks file while it is written. Columns of the same bytes stand in it once: times of series
/// scraped together, and values that several series have.
struct ColumnFile {
  private let path: String
  private let file: any AppendFile
  private let isCold: Bool
  /// What goes to the file next.
  private var pending: ByteWriter
  private var writtenBytes = 0
  /// Columns of a cold block that aren't compressed yet.
  private var page = ByteWriter()
  /// The pages of a cold block so far.
  private(set) var pages: [PageSize] = []
  /// The offset of the next column, without compression.
  private var position: Int
  private var known: [ColumnDigest: Int] = [:]

  private static let writeSizeBytes = 1 << 20
  /// The most columns remembered; then all are forgotten.
  private static let knownMax = 200_000

  init(_ path: String, isCold: Bool, _ files: any Files) throws(StoreError) {
    self.path = path
    self.isCold = isCold
    do throws(FileError) { file = try files.append(to: path) } catch { throw StoreError(error) }
    pending = ByteWriter(bytes: BlockLayout.header(BlockLayout.chunksMagic))
    position = pending.bytes.count
  }

  /// The bytes of the file so far.
  var sizeBytes: Int { writtenBytes + pending.bytes.count }

  /// The offset of a column, which is added unless it's there.
  mutating func append(_ column: [UInt8]) throws(StoreError) -> Int {
    let digest = ColumnDigest(column)
    if let offset = known[digest] { return offset }
    let offset = position
    position += 8 + column.count
    if isCold {
      page.checked(column, digest.checksum)
      if page.bytes.count >= BlockLayout.pageSizeMin { try endPage() }
    } else {
      pending.checked(column, digest.checksum)
    }
    if known.count == Self.knownMax { known.removeAll(keepingCapacity: true) }
    known[digest] = offset
    if pending.bytes.count >= Self.writeSizeBytes { try flush() }
    return offset
  }

  /// Makes everything durable.
  mutating func finish() throws(StoreError) {
    if !page.bytes.isEmpty { try endPage() }
    try flush()
    do throws(FileError) { try file.sync() } catch { throw StoreError(error) }
  }

  func close() { file.close() }

  private mutating func endPage() throws(StoreError) {
    guard let frame = Page.compressed(page.bytes) else {
      throw StoreError(FileError(.other, "compress a page of", path, "memory is short"))
    }
    let start = sizeBytes
    pending.checked(frame, Checksum.of(frame))
    pages.append(PageSize(plain: page.bytes.count, stored: sizeBytes - start))
    page.bytes.removeAll(keepingCapacity: true)
  }

  private mutating func flush() throws(StoreError) {
    do throws(FileError) { try file.append(pending.bytes) } catch { throw StoreError(error) }
    writtenBytes += pending.bytes.count
    pending.bytes.removeAll(keepingCapacity: true)
  }
}

extension ByteWriter {
  /// Appends bytes behind their length and checksum.
  fileprivate mutating func checked(_ content: [UInt8], _ checksum: UInt32) {
    u32(UInt32(content.count))
    u32(checksum)
    bytes.append(contentsOf: content)
  }
}

/// Stands for the bytes of a column, which would take as much memory as the file itself.
///
/// Two columns are taken for one when their length, their CRC and 64 bits of a hash with a secret
/// key (SipHash) agree: by chance about once in 2^96 pairs, far more seldom than a disk errs, and
/// nobody can make such a pair on purpose.
private struct ColumnDigest: Hashable {
  let sizeBytes: Int
  let checksum: UInt32
  private let hash: Int

  init(_ column: [UInt8]) {
    sizeBytes = column.count
    checksum = Checksum.of(column)
    hash = column.hashValue
  }
}
