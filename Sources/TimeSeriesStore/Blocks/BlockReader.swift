internal import MetricModel

/// Reads chunks of one block for one worker.
///
/// Neighbours share their times and lean on the same columns: what the last ones needed is kept
/// here, in reach without a lock. Workers read through bytes of their own, which are those of the
/// file, since two that count references to one object wait for each other at every series.
final class BlockReader {
  private let block: Block
  private let chunks: ChunksFile
  private let cache: ColumnCache
  /// By their offsets.
  private var times = [(offset: Int, wanted: WantedTimes)?](repeating: nil, count: timesMax)
  /// The newest last.
  private var leaders: [(offset: Int, leader: DecimalSplit.Leader)] = []

  /// As many as a column of times has (see `LeadingColumns`).
  private static let leadersMax = 4
  /// As many as the targets of a run of series have, mostly.
  private static let timesMax = 256

  init(_ block: Block, _ cache: ColumnCache) {
    self.block = block
    self.cache = cache
    chunks = ChunksFile(viewing: block.chunks)
  }

  /// Appends the numbers of a chunk that lie in `range`.
  func appendNumbers(
    _ chunk: ChunkReference, in range: TimeRange, to columns: inout SampleColumns
  ) throws(StoreError) {
    guard chunk.overlaps(range) else { return }
    let start = columns.values.count
    try block.readingChunks { () throws(Damage) in
      let wanted = try times(of: chunk, in: range)
      if wanted.rows.isEmpty { return }
      var values = try chunks.column(at: chunk.valuesOffset)
      do throws(Damage) {
        try ValueColumn.decode(
          &values, count: chunk.count, rows: wanted.rows, into: &columns.values
        ) { (offset, count) throws(Damage) in try leader(at: offset, count: count) }
      } catch {
        columns.values.removeLast(columns.values.count - start)
        throw error
      }
      columns.timestamps.append(contentsOf: wanted.times[wanted.rows])
    }
  }

  /// Appends the histograms of a chunk that lie in `range`.
  func appendHistograms(
    _ chunk: ChunkReference, in range: TimeRange, to columns: inout SampleColumns
  ) throws(StoreError) {
    guard chunk.overlaps(range) else { return }
    try block.readingChunks { () throws(Damage) in
      var times = try chunks.column(at: chunk.timesOffset)
      var histograms = try chunks.column(at: chunk.valuesOffset)
      try SampleChunk.append(
        times: &times, histograms: &histograms, count: chunk.count, in: range,
        to: &columns.histograms)
    }
  }

  /// Takes out what is deleted of the rows of a series, from some on.
  func removeDeleted(
    of series: UInt32, from start: RowCounts, in columns: inout SampleColumns
  ) {
    if block.tombstones.isEmpty { return }
    let hidden = block.tombstones[series]
    if !hidden.isEmpty { columns.remove(hidden, from: start) }
  }

  private func times(
    of chunk: ChunkReference, in range: TimeRange
  ) throws(Damage) -> WantedTimes {
    // A column and its header take more than 8 bytes. A damaged offset may be anything.
    let slot = Int(UInt(bitPattern: chunk.timesOffset) / 8 % UInt(Self.timesMax))
    if let known = times[slot], known.offset == chunk.timesOffset,
      known.wanted.times.count == chunk.count, known.wanted.range == range
    {
      return known.wanted
    }
    let wanted = try cache.times(
      .block(block.number, offset: chunk.timesOffset), count: chunk.count, in: range
    ) { () throws(Damage) in
      var cursor = try chunks.column(at: chunk.timesOffset)
      return try SampleChunk.times(&cursor, count: chunk.count)
    }
    times[slot] = (chunk.timesOffset, wanted)
    return wanted
  }

  private func leader(at offset: Int, count: Int) throws(Damage) -> DecimalSplit.Leader {
    for known in leaders where known.offset == offset && known.leader.numbers.count == count {
      return known.leader
    }
    let leader = try cache.leader(.block(block.number, offset: offset), count: count) {
      () throws(Damage) in try chunks.leader(at: offset, count: count)
    }
    if leaders.count == Self.leadersMax { leaders.removeFirst() }
    leaders.append((offset, leader))
    return leader
  }
}
