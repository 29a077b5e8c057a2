internal import MetricModel
internal import Synchronization

/// A sealed block: an index of labels and the compressed chunks of their samples.
///
/// Both files are mapped; opening checks the index, reading checks each column it decodes.
final class Block: Sendable {
  /// The block's number, which its directory bears.
  let number: UInt64
  let directory: String
  let summary: BlockSummary
  /// The bytes of its files.
  let sizeBytes: Int
  let tombstones: Tombstones
  let labelIndex: LabelIndex
  private let index: MappedBytes
  let chunks: ChunksFile
  /// Whether chunks that can't be read are passed over: for rescuing what can.
  private let isRescue: Bool
  private let hasHistograms: Bool
  private let series: Range<Int>
  private let offsets: Range<Int>
  /// Labels of series that were found before, by number; empty until the first selection, and
  /// always when there are too many to keep.
  private let knownLabels: Mutex<[Labels?]>
  private static let knownLabelsMax = 200_000

  init(
    _ number: UInt64, at directory: String, _ files: any Files, isRescue: Bool = false
  ) throws(StoreError) {
    self.isRescue = isRescue
    self.number = number
    self.directory = directory
    let indexPath = directory + "/" + BlockLayout.indexFile
    let chunksPath = directory + "/" + BlockLayout.chunksFile
    let chunkBytes: MappedBytes
    do throws(FileError) {
      index = try files.read(indexPath)
      chunkBytes = try files.read(chunksPath)
    } catch { throw StoreError(error) }
    knownLabels = Mutex([])
    do throws(Damage) {
      let version = try BlockLayout.checkHeader(index, BlockLayout.indexMagic)
      let sections = try Block.sections(of: index)
      hasHistograms = version >= 2
      var cursor = try index.cursor(in: sections[BlockLayout.Section.summary.rawValue])
      summary = try BlockSummary(&cursor, version: version)
      series = sections[BlockLayout.Section.series.rawValue]
      offsets = sections[BlockLayout.Section.offsets.rawValue]
      guard summary.seriesCount <= Int(UInt32.max), offsets.count == 4 * (summary.seriesCount + 1)
      else {
        throw Damage(at: offsets.lowerBound, "offsets for other than \(summary.seriesCount) series")
      }
      labelIndex = try LabelIndex(
        index, symbols: sections[BlockLayout.Section.symbols.rawValue],
        postings: sections[BlockLayout.Section.postings.rawValue],
        seriesCount: summary.seriesCount, listCode: version == 1 ? .gaps : .integerColumn)
    } catch { throw StoreError(error, in: indexPath) }
    chunks = ChunksFile(chunkBytes, pages: summary.pages)
    if !isRescue {
      do throws(Damage) { try chunks.checkHeader(sizeBytes: summary.chunksSizeBytes) } catch {
        throw StoreError(error, in: chunksPath)
      }
    }
    (tombstones, sizeBytes) = try Block.tombstones(
      at: directory, seriesCount: summary.seriesCount, files,
      sizeBytes: index.count + chunks.sizeBytes)
  }

  /// The same block with other samples hidden.
  init(_ other: Block, hiding tombstones: Tombstones) {
    number = other.number
    directory = other.directory
    summary = other.summary
    sizeBytes = other.sizeBytes
    labelIndex = other.labelIndex
    index = other.index
    chunks = other.chunks
    isRescue = other.isRescue
    hasHistograms = other.hasHistograms
    series = other.series
    offsets = other.offsets
    self.tombstones = tombstones
    knownLabels = Mutex(other.knownLabels.withLock { $0 })
  }

  /// What is deleted of a block, and the bytes of all its files.
  private static func tombstones(
    at directory: String, seriesCount: Int, _ files: any Files, sizeBytes: Int
  ) throws(StoreError) -> (Tombstones, Int) {
    let path = directory + "/" + BlockLayout.tombstonesFile
    let bytes: MappedBytes
    do throws(FileError) { bytes = try files.read(path) } catch {
      guard error.kind == .missing else { throw StoreError(error) }
      return (Tombstones(), sizeBytes)
    }
    do throws(Damage) {
      return (try Tombstones(bytes, seriesCount: seriesCount), sizeBytes + bytes.count)
    } catch { throw StoreError(error, in: path) }
  }

  /// The sections in the order of the table, each checked.
  static func sections(of index: MappedBytes) throws(Damage) -> [Range<Int>] {
    let table = (index.count - BlockLayout.tableSize)..<index.count
    guard table.lowerBound >= BlockLayout.headerSize else {
      throw Damage(at: index.count, "too short for a table of sections")
    }
    let entriesEnd = table.upperBound - BlockLayout.endMark.count - 4
    var cursor = try index.cursor(in: entriesEnd..<table.upperBound)
    let check = try cursor.u32()
    guard try cursor.take(BlockLayout.endMark.count, "end mark") == BlockLayout.endMark else {
      throw Damage(at: entriesEnd + 4, "no end mark, the file is incomplete")
    }
    guard index.checksum(of: table.lowerBound..<entriesEnd) == check else {
      throw Damage(at: table.lowerBound, "table of sections fails its check")
    }
    var entries = try index.cursor(in: table.lowerBound..<entriesEnd)
    var result: [Range<Int>] = []
    for section in BlockLayout.Section.allCases {
      let place = entries.position
      let (start, length, check) = (try entries.u64(), try entries.u64(), try entries.u32())
      guard start <= UInt64(table.lowerBound), length <= UInt64(table.lowerBound) - start else {
        throw Damage(at: place, "section \(section) lies outside the file")
      }
      let range = Int(start)..<Int(start + length)
      guard index.checksum(of: range) == check else {
        throw Damage(at: range.lowerBound, "section \(section) fails its check")
      }
      result.append(range)
    }
    return result
  }

  /// Whether its columns are compressed.
  var isCold: Bool { !summary.pages.isEmpty }

  /// The bytes of each section of the index.
  var sectionSizes: [Int] {
    (try? Block.sections(of: index))?.map(\.count) ?? []
  }

  func overlaps(_ range: TimeRange) -> Bool {
    summary.latest > range.start.milliseconds && summary.earliest <= range.end.milliseconds
  }

  /// The series that match and have chunks in `range`, in the order of labels.
  func find(
    _ matchers: [LabelMatcher], in range: TimeRange
  ) throws(StoreError) -> [FoundSeries] {
    try readingIndex { () throws(Damage) in
      let numbers = try MatcherResolver(index: labelIndex).resolve(matchers)
      let isWhole =
        summary.earliest > range.start.milliseconds && summary.latest <= range.end.milliseconds
      var known = knownLabels.withLock { $0 }
      var result: [FoundSeries] = []
      result.reserveCapacity(numbers.count)
      var fresh: [FoundSeries] = []
      for number in numbers {
        let hidden = tombstones[number]
        if !isWhole || !hidden.isEmpty {
          let references = try references(of: number)
          let isSeen = references.all.contains { reference in
            reference.overlaps(range) && !hidden.contains { $0.covers(reference) }
          }
          guard isSeen else { continue }
        }
        if Int(number) < known.count, let labels = known[Int(number)] {
          result.append(FoundSeries(labels, number))
        } else {
          var cursor = try entry(number)
          let series = FoundSeries(try labels(&cursor), number)
          result.append(series)
          fresh.append(series)
        }
      }
      known = []
      remember(fresh)
      return result
    }
  }

  /// Keeps labels for the next selection: making them from symbols costs microseconds a series.
  private func remember(_ series: [FoundSeries]) {
    guard !series.isEmpty, summary.seriesCount <= Self.knownLabelsMax else { return }
    knownLabels.withLock { known in
      if known.isEmpty { known = Array(repeating: nil, count: summary.seriesCount) }
      for one in series { known[Int(one.number)] = one.labels }
    }
  }

  /// The number of the series with exactly these labels, nil when there is none.
  func number(of labels: Labels) throws(StoreError) -> UInt32? {
    try readingIndex { () throws(Damage) in
      var (low, high) = (0, summary.seriesCount)
      while low < high {
        let middle = (low + high) / 2
        let candidate = try self.labels(of: UInt32(middle))
        if candidate == labels { return UInt32(middle) }
        if candidate < labels { low = middle + 1 } else { high = middle }
      }
      return nil
    }
  }

  /// The time of the newest sample of a series that isn't deleted.
  func newestTime(of number: UInt32) throws(StoreError) -> Int64? {
    guard tombstones[number].isEmpty else {
      var columns = SampleColumns()
      try append(number, in: .all, to: &columns)
      return columns.newestTime
    }
    return try readingIndex { () throws(Damage) in
      let references = try references(of: number)
      return [references.numbers.last?.last, references.histograms.last?.last]
        .compactMap { $0 }.max()
    }
  }

  /// Appends the samples of a series in `range`, in order of time.
  func append(
    _ number: UInt32, in range: TimeRange, to columns: inout SampleColumns,
    cache: ColumnCache = ColumnCache()
  ) throws(StoreError) {
    let references = try readingIndex { () throws(Damage) in try self.references(of: number) }
    let reader = BlockReader(self, cache)
    let start = columns.rowCounts
    for reference in references.numbers {
      try reader.appendNumbers(reference, in: range, to: &columns)
    }
    for reference in references.histograms {
      try reader.appendHistograms(reference, in: range, to: &columns)
    }
    reader.removeDeleted(of: number, from: start, in: &columns)
  }

  /// Reads and checks every column of every series.
  func verify() throws(StoreError) {
    var columns = SampleColumns()
    for number in 0..<UInt32(summary.seriesCount) {
      columns.removeAll()
      try append(number, in: .all, to: &columns)
    }
  }

  func readingIndex<Answer>(
    _ body: () throws(Damage) -> Answer
  ) throws(StoreError) -> Answer {
    do throws(Damage) { return try body() } catch {
      throw StoreError(error, in: directory + "/" + BlockLayout.indexFile)
    }
  }

  /// Fails with the name of the chunks file; in a rescue what can't be read is passed over.
  func readingChunks(_ body: () throws(Damage) -> Void) throws(StoreError) {
    do throws(Damage) { try body() } catch {
      if !isRescue { throw StoreError(error, in: directory + "/" + BlockLayout.chunksFile) }
    }
  }

  /// The column at an offset of the chunks file, checked.
  func column(at offset: Int) throws(Damage) -> MappedCursor { try chunks.column(at: offset) }

  /// The numbers of the column at an offset, on which others lean.
  func leader(at offset: Int, count: Int) throws(Damage) -> DecimalSplit.Leader {
    try chunks.leader(at: offset, count: count)
  }

  /// The bytes of a series in the index.
  private func entry(_ number: UInt32) throws(Damage) -> MappedCursor {
    let slot = offsets.lowerBound + 4 * Int(number)
    guard Int(number) < summary.seriesCount else {
      throw Damage(at: slot, "series \(number), there are \(summary.seriesCount)")
    }
    var cursor = try index.cursor(in: slot..<(slot + 8))
    let (start, end) = (Int(try cursor.u32()), Int(try cursor.u32()))
    guard start <= end, end <= series.count else {
      throw Damage(at: slot, "series \(number) lies outside its section")
    }
    return try index.cursor(in: (series.lowerBound + start)..<(series.lowerBound + end))
  }

  func labels(of number: UInt32) throws(Damage) -> Labels {
    let known = knownLabels.withLock { Int(number) < $0.count ? $0[Int(number)] : nil }
    if let known { return known }
    var cursor = try entry(number)
    return try labels(&cursor)
  }

  private func labels(_ cursor: inout MappedCursor) throws(Damage) -> Labels {
    let place = cursor.position
    let count = try cursor.count("labels", atMost: cursor.remaining / 2)
    var texts: [Range<Int>] = []
    texts.reserveCapacity(2 * count)
    for _ in 0..<(2 * count) {
      let symbol = try cursor.count("symbol", atMost: labelIndex.symbols.count - 1)
      texts.append(try labelIndex.symbols.range(of: symbol))
    }
    guard let labels = labelIndex.bytes.labels(texts) else {
      throw Damage(at: place, "labels are not sorted and unique with values")
    }
    return labels
  }

  /// Where the chunks of a series are.
  func references(of number: UInt32) throws(Damage) -> SeriesChunks {
    var cursor = try entry(number)
    for _ in 0..<(2 * (try cursor.count("labels", atMost: cursor.remaining / 2))) {
      _ = try cursor.varint()
    }
    var result = SeriesChunks(numbers: try ChunkReference.decode(&cursor))
    if hasHistograms { result.histograms = try ChunkReference.decode(&cursor) }
    return result
  }
}

/// The chunks of one series: of numbers, and of native histograms.
struct SeriesChunks {
  var numbers: [ChunkReference] = []
  var histograms: [ChunkReference] = []

  var all: [ChunkReference] { histograms.isEmpty ? numbers : numbers + histograms }
}

extension TimeRange {
  /// Whether every sample of a chunk lies in the range.
  func covers(_ chunk: ChunkReference) -> Bool {
    start.milliseconds < chunk.first && end.milliseconds >= chunk.last
  }
}
