internal import MetricModel

/// Writes the samples of a snapshot's layers into a new block.
///
/// The block appears in one step: files are written and synced under a temporary name, then the
/// directory is renamed.
struct BlockWriter {
  private let files: any Files
  private var summary = BlockSummary()
  private var chunks: ColumnFile
  private var leading = LeadingColumns()

  private init(_ files: any Files, _ chunks: ColumnFile) {
    self.files = files
    self.chunks = chunks
  }

  /// Writes all samples of a snapshot into the block with this number, and opens it.
  ///
  /// - Parameter isCold: whether its columns are compressed.
  /// - Precondition: the number isn't in use. What a failed attempt left under it is removed.
  static func write(
    _ snapshot: StoreSnapshot, as number: UInt64, coveredGeneration: UInt64,
    replacing replaced: [UInt64] = [], isCold: Bool = false, _ layout: StoreLayout,
    _ files: any Files
  ) throws(StoreError) -> Block {
    let unfinished = layout.unfinishedBlock(number)
    do throws(FileError) {
      if try exists(layout.block(number), files) { try removeBlock(number, layout, files) }
      try removeDirectory(unfinished, files)
      try files.makeDirectory(unfinished)
    } catch { throw StoreError(error) }
    let chunks = try ColumnFile(
      unfinished + "/" + BlockLayout.chunksFile, isCold: isCold, files)
    defer { chunks.close() }
    var writer = BlockWriter(files, chunks)
    writer.summary.coveredGeneration = coveredGeneration
    writer.summary.replaces = replaced
    try writer.write(snapshot.layers(in: .all), to: unfinished)
    do throws(FileError) {
      try files.syncDirectory(unfinished)
      try files.rename(unfinished, to: layout.block(number))
      try files.syncDirectory(layout.blocks)
    } catch { throw StoreError(error) }
    return try Block(number, at: layout.block(number), files)
  }

  /// Removes a block: in one step it is none any more, then its files go.
  static func removeBlock(
    _ number: UInt64, _ layout: StoreLayout, _ files: any Files
  ) throws(FileError) {
    try removeDirectory(layout.unfinishedBlock(number), files)
    try files.rename(layout.block(number), to: layout.unfinishedBlock(number))
    try removeDirectory(layout.unfinishedBlock(number), files)
  }

  /// Removes a directory of files; nothing happens when there is none.
  static func removeDirectory(_ path: String, _ files: any Files) throws(FileError) {
    guard try exists(path, files) else { return }
    for name in try files.list(path) { try files.remove(path + "/" + name) }
    try files.remove(path)
  }

  private static func exists(_ directory: String, _ files: any Files) throws(FileError) -> Bool {
    do throws(FileError) { _ = try files.list(directory) } catch {
      if error.kind == .missing { return false }
      throw error
    }
    return true
  }

  private mutating func write(
    _ layers: [StoreLayer], to directory: String
  ) throws(StoreError) {
    var kept: [Labels] = []
    var references: [SeriesChunks] = []
    var columns = SampleColumns()
    let cache = ColumnCache()
    var series = try SeriesMerge(of: layers)
    while let one = try series.next() {
      columns.removeAll()
      try one.append(of: layers, in: .all, to: &columns, cache: cache)
      guard !columns.isEmpty else { continue }
      kept.append(one.labels)
      references.append(try write(columns))
    }
    summary.seriesCount = kept.count
    try chunks.finish()
    summary.chunksSizeBytes = chunks.sizeBytes
    summary.pages = chunks.pages
    try writeIndex(kept, references, to: directory + "/" + BlockLayout.indexFile)
  }

  /// Writes the columns of one series.
  private mutating func write(_ columns: SampleColumns) throws(StoreError) -> SeriesChunks {
    var result = SeriesChunks(numbers: [])
    for rows in ChunkCut.ranges(of: columns.timestamps) {
      let values = Array(columns.values[rows])
      result.numbers.append(
        try write(columns.timestamps[rows]) { leading, timesOffset in
          leading.encode(values, timesOffset)
        })
    }
    let histograms = columns.histograms
    for rows in ChunkCut.ranges(of: histograms.timestamps) {
      result.histograms.append(
        try write(histograms.timestamps[rows]) { _, _ in
          EncodedColumn(bytes: SampleChunk.encodeHistograms(Array(histograms.values[rows])))
        })
    }
    return result
  }

  /// Writes a chunk; its columns only where none before has the same bytes.
  private mutating func write(
    _ timestamps: ArraySlice<Int64>,
    _ encode: (LeadingColumns, _ timesOffset: Int) -> EncodedColumn
  ) throws(StoreError) -> ChunkReference {
    let (first, last) = (timestamps[timestamps.startIndex], timestamps[timestamps.endIndex - 1])
    summary.sampleCount += timestamps.count
    summary.earliest = min(summary.earliest, first)
    summary.latest = max(summary.latest, last)
    let timesOffset = try chunks.append(SampleChunk.encodeTimes(Array(timestamps)))
    let values = encode(leading, timesOffset)
    let valuesOffset = try chunks.append(values.bytes)
    leading.note(values, at: valuesOffset, timesOffset)
    return ChunkReference(
      first: first, last: last, count: timestamps.count, timesOffset: timesOffset,
      valuesOffset: valuesOffset)
  }

  private func writeIndex(
    _ labels: [Labels], _ references: [SeriesChunks], to path: String
  ) throws(StoreError) {
    let index = LabelIndexBuilder(labels)
    var series = ByteWriter()
    var offsets = ByteWriter()
    for (ordinal, chunks) in references.enumerated() {
      let pairs = index.pairs(of: ordinal)
      offsets.u32(UInt32(series.bytes.count))
      series.varint(pairs.count / 2)
      for symbol in pairs { series.varint(Int(symbol)) }
      ChunkReference.encode(chunks.numbers, into: &series)
      ChunkReference.encode(chunks.histograms, into: &series)
    }
    offsets.u32(UInt32(series.bytes.count))
    var numbers = ByteWriter()
    summary.encode(into: &numbers)
    let sections = [
      numbers.bytes, index.symbolSection, index.postingsSection, series.bytes, offsets.bytes,
    ]
    var bytes = BlockLayout.header(BlockLayout.indexMagic)
    var table = ByteWriter()
    for section in sections {
      table.u64(UInt64(bytes.count))
      table.u64(UInt64(section.count))
      table.u32(Checksum.of(section))
      bytes.append(contentsOf: section)
    }
    table.u32(Checksum.of(table.bytes))
    bytes.append(contentsOf: table.bytes)
    bytes.append(contentsOf: BlockLayout.endMark)
    do throws(FileError) {
      let file = try files.append(to: path)
      defer { file.close() }
      try file.append(bytes)
      try file.sync()
    } catch { throw StoreError(error) }
  }
}

/// Where a series is cut into chunks: at multiples of a power of two of milliseconds, chosen so
/// that 600 to 1,200 samples lie between. Series scraped together are cut at the same times even
/// when they began at different ones, and so share their columns of times.
enum ChunkCut {
  private static let samplesMin: Int64 = 600
  private static let samplesMax = 2048

  /// The rows of each chunk, in order.
  static func ranges(of times: [Int64]) -> [Range<Int>] {
    guard let first = times.first, let last = times.last else { return [] }
    let span = UInt64(bitPattern: last &- first)
    let interval = span / UInt64(max(1, times.count - 1))
    let (wanted, overflow) = interval.multipliedReportingOverflow(by: UInt64(samplesMin))
    let shift = overflow ? 63 : min(63, BitPack.width(of: wanted))
    var result: [Range<Int>] = []
    var start = 0
    for row in times.indices.dropFirst() {
      let isNext = times[row] >> shift != times[start] >> shift
      if isNext || row - start == samplesMax {
        result.append(start..<row)
        start = row
      }
    }
    result.append(start..<times.count)
    return result
  }
}
