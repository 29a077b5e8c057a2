internal import Synchronization

/// The columns of a block by their offsets.
///
/// The file of a cold block holds pages of columns, each one zstd frame. Offsets are then those in
/// the file that it would be without compression, so nobody else has to know.
final class ChunksFile: Sendable {
  private let bytes: MappedBytes
  /// Ascending; none when the columns stand in the file as they are.
  private let pages: [Place]
  /// Whose pages are looked at before one is decompressed.
  private let shared: ChunksFile?
  /// Pages decompressed last, the newest behind.
  private let open = Mutex<[(number: Int, plain: MappedBytes)]>([])
  private let openMax: Int

  /// Where a page is: in the plain file, and in the real one.
  private struct Place {
    var start: Int
    var sizeBytes: Int
    var storedAt: Int
  }

  /// - Parameter pages: as the summary of the block lists them.
  init(_ bytes: MappedBytes, pages: [PageSize]) {
    self.bytes = bytes
    shared = nil
    openMax = 32
    var place = Place(
      start: BlockLayout.headerSize, sizeBytes: 0, storedAt: BlockLayout.headerSize)
    self.pages = pages.map { page in
      place.sizeBytes = page.plain
      defer {
        place.start += page.plain
        place.storedAt += page.stored
      }
      return place
    }
  }

  /// The same file for one worker, with bytes of its own: workers that count references to one
  /// object wait for each other.
  init(viewing other: ChunksFile) {
    bytes = MappedBytes(viewing: other.bytes)
    pages = other.pages
    shared = other
    // Times, values, and columns that values lean on.
    openMax = 4
  }

  /// The size of the file.
  var sizeBytes: Int { bytes.count }

  /// Checks the start of the file and its size.
  func checkHeader(sizeBytes expected: Int) throws(Damage) {
    try BlockLayout.checkHeader(bytes, BlockLayout.chunksMagic)
    guard bytes.count == expected else {
      throw Damage(
        at: min(bytes.count, expected), "\(bytes.count) bytes, the index says \(expected)")
    }
  }

  /// The column at an offset, checked.
  func column(at offset: Int) throws(Damage) -> MappedCursor {
    if pages.isEmpty { return try bytes.column(at: offset) }
    let number = try page(holding: offset)
    let plain = try plain(of: number)
    do throws(Damage) { return try plain.column(at: offset - pages[number].start) } catch {
      throw Damage(at: pages[number].storedAt, "in a page, \(error)")
    }
  }

  /// The numbers of the column at an offset, on which others lean.
  func leader(at offset: Int, count: Int) throws(Damage) -> DecimalSplit.Leader {
    var cursor = try column(at: offset)
    return try DecimalSplit.Leader(&cursor, count: count)
  }

  /// The offset in the real file of what has a checksum there: the column itself, or its page.
  func storedOffset(ofColumnAt offset: Int) -> Int {
    pages.isEmpty ? offset : (try? page(holding: offset)).map { pages[$0].storedAt } ?? offset
  }

  private func page(holding offset: Int) throws(Damage) -> Int {
    var (low, high) = (0, pages.count)
    while low < high {
      let middle = (low + high) / 2
      if pages[middle].start <= offset { low = middle + 1 } else { high = middle }
    }
    guard low > 0, offset - pages[low - 1].start < pages[low - 1].sizeBytes else {
      throw Damage(at: bytes.count, "no column at offset \(offset)")
    }
    return low - 1
  }

  private func plain(of number: Int) throws(Damage) -> MappedBytes {
    let known = open.withLock { $0.last { $0.number == number }?.plain }
    if let known { return known }
    let plain: MappedBytes
    if let shared {
      plain = try shared.plain(of: number)
    } else {
      let frame = try bytes.column(at: pages[number].storedAt)
      plain = try Page.plain(of: frame, sizeBytes: pages[number].sizeBytes)
    }
    open.withLock { open in
      if open.count == openMax { open.removeFirst() }
      open.append((number, plain))
    }
    return plain
  }
}

extension MappedBytes {
  /// The bytes at an offset that have their length and checksum before them, checked: a column, or
  /// a page of them.
  fileprivate func column(at offset: Int) throws(Damage) -> MappedCursor {
    guard offset >= 0, offset < count else {
      throw Damage(at: count, "no column at offset \(offset)")
    }
    var cursor = try cursor(in: offset..<count)
    let length = Int(try cursor.u32())
    let check = try cursor.u32()
    let column = try cursor.skip(length, "a column")
    guard checksum(of: column) == check else {
      throw Damage(at: offset, "column of \(length) bytes fails its check")
    }
    return try self.cursor(in: column)
  }
}
