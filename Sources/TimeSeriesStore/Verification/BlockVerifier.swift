internal import MetricModel

/// Reads every byte of a block and holds it against its checksums and the rules of blocks.
struct BlockVerifier {
  let number: UInt64
  let directory: String
  let files: any Files
  private(set) var findings: [StoreFinding] = []
  private(set) var fileCount = 0
  private(set) var sizeBytes = 0
  /// Samples that can be read, deleted ones included.
  private(set) var samples = 0
  /// Columns of times that were read already: many series share one.
  private var seenTimes: [Int: [Int64]] = [:]

  private var indexPath: String { directory + "/" + BlockLayout.indexFile }
  private var chunksPath: String { directory + "/" + BlockLayout.chunksFile }
  private var tombstonesPath: String { directory + "/" + BlockLayout.tombstonesFile }

  /// Beyond this many bytes a checksum can't tell one flipped bit from other damage well enough.
  private static let flippedBytesMax = 1 << 20

  init(number: UInt64, directory: String, files: any Files) {
    self.number = number
    self.directory = directory
    self.files = files
  }

  /// Adds to the findings; answers what the block says of itself, nil when it can't be read.
  mutating func run() -> BlockSummary? {
    guard let block = open() else { return nil }
    do throws(StoreError) {
      try block.readingIndex { () throws(Damage) in
        try checkIndex(block)
        for series in 0..<UInt32(block.summary.seriesCount) { try checkChunks(of: series, block) }
        guard findings.isEmpty else { return }
        guard samples == block.summary.sampleCount else {
          throw Damage(at: 0, "\(samples) samples, its summary says \(block.summary.sampleCount)")
        }
      }
    } catch { note(error, remedy: .moveAside) }
    return block.summary
  }

  /// The block, tolerant of what is wrong with its chunks.
  private mutating func open() -> Block? {
    for path in [indexPath, chunksPath, tombstonesPath] {
      guard let bytes = try? files.read(path) else { continue }
      fileCount += 1
      sizeBytes += bytes.count
    }
    do throws(StoreError) { return try Block(number, at: directory, files) } catch {
      note(error, remedy: remedy(for: error))
      guard case .damaged(let file, _, _) = error, file == chunksPath else { return nil }
      // Its index is whole: the chunks are looked at one by one, too.
      return try? Block(number, at: directory, files, isRescue: true)
    }
  }

  private func remedy(for error: StoreError) -> Remedy {
    guard case .damaged(let file, _, _) = error else { return .moveAside }
    if file == tombstonesPath { return .forgetDeletions }
    if file == chunksPath { return .salvage }
    if let flipped = flippedBitOfIndex() {
      return .turnBit(offset: flipped.offset, bit: flipped.bit)
    }
    return .moveAside
  }

  private mutating func note(_ error: StoreError, remedy: Remedy) {
    guard case .damaged(let file, let offset, let finding) = error else {
      findings.append(
        StoreFinding(
          kind: .damage, file: directory, finding: error.description, remedy: remedy))
      return
    }
    // A file that is too short fails at its end again and again; once will do.
    let known = findings.contains { $0.file == file && $0.offset == offset }
    if known { return }
    findings.append(
      StoreFinding(
        kind: .damage, file: file, offset: offset, finding: finding, remedy: remedy))
  }

  /// Labels ascend, and each list of series names exactly those that have the label.
  private func checkIndex(_ block: Block) throws(Damage) {
    let index = block.labelIndex
    var pairs = 0
    var all: [Labels] = []
    for series in 0..<UInt32(block.summary.seriesCount) {
      let labels = try block.labels(of: series)
      if let last = all.last, last >= labels {
        throw Damage(at: 0, "series \(series) doesn't come after the one before")
      }
      pairs += labels.count
      all.append(labels)
    }
    for nameIndex in 0..<index.nameCount {
      let name = try index.name(at: nameIndex)
      let nameText = String(decoding: try index.symbols.text(name.symbol), as: UTF8.self)
      for valueIndex in 0..<name.valueCount {
        let value = try index.value(valueIndex, of: name)
        let text = try index.symbols.text(value.symbol)[...]
        for series in try index.postings(of: value) {
          guard all[Int(series)].valueBytes(of: nameText) == text else {
            throw Damage(at: 0, "series \(series) is listed under a label that it hasn't")
          }
          pairs -= 1
        }
      }
    }
    guard pairs == 0 else { throw Damage(at: 0, "\(pairs) labels are not in the lists of series") }
  }

  private mutating func checkChunks(of series: UInt32, _ block: Block) throws(Damage) {
    let chunks = try block.references(of: series)
    for (place, reference) in chunks.all.enumerated() {
      let damaged = [reference.timesOffset, reference.valuesOffset].filter { offset in
        do throws(Damage) {
          _ = try block.column(at: offset)
          return false
        } catch {
          note(
            StoreError(error, in: chunksPath),
            remedy: columnRemedy(at: block.chunks.storedOffset(ofColumnAt: offset)))
          return true
        }
      }
      guard damaged.isEmpty else { continue }
      do throws(Damage) {
        try checkChunk(reference, block, isNumbers: place < chunks.numbers.count)
        samples += reference.count
      } catch { note(StoreError(error, in: chunksPath), remedy: .salvage) }
    }
  }

  private mutating func checkChunk(
    _ reference: ChunkReference, _ block: Block, isNumbers: Bool
  ) throws(Damage) {
    var timestamps: [Int64] = []
    if let times = seenTimes[reference.timesOffset], times.count == reference.count {
      timestamps = times
    } else {
      var times = try block.column(at: reference.timesOffset)
      try IntegerColumn.decode(&times, count: reference.count, into: &timestamps)
      seenTimes[reference.timesOffset] = timestamps
    }
    var values = try block.column(at: reference.valuesOffset)
    if isNumbers {
      var numbers: [Double] = []
      try ValueColumn.decode(
        &values, count: reference.count, into: &numbers,
        leader: { (offset, count) throws(Damage) in
          try block.leader(at: offset, count: count)
        })
    } else {
      var histograms: [NativeHistogram] = []
      try HistogramColumn.decode(&values, count: reference.count, into: &histograms)
    }
    guard timestamps[...].isStrictlyAscending, timestamps.first == reference.first,
      timestamps.last == reference.last
    else { throw Damage(at: reference.timesOffset, "times aren't those that the index says") }
  }

  private func columnRemedy(at offset: Int) -> Remedy {
    guard let bytes = try? files.read(chunksPath), offset >= 0, offset + 8 <= bytes.count,
      var cursor = try? bytes.cursor(in: offset..<(offset + 8)),
      let length = try? cursor.u32(), let expected = try? cursor.u32(),
      Int(length) <= min(bytes.count - offset - 8, Self.flippedBytesMax)
    else { return .salvage }
    let start = offset + 8
    let difference = bytes.checksum(of: start..<(start + Int(length))) ^ expected
    // One bit of the checksum itself: the column is right.
    if difference.nonzeroBitCount == 1 {
      let bit = difference.trailingZeroBitCount
      return .turnBit(offset: offset + 4 + bit / 8, bit: bit % 8)
    }
    guard let found = Checksum.flippedBit(difference, byteCount: Int(length)) else {
      return .salvage
    }
    return .turnBit(offset: start + found.byte, bit: found.bit)
  }

  /// The bit of the index that alone explains why its checks fail.
  private func flippedBitOfIndex() -> (offset: Int, bit: Int)? {
    guard let bytes = try? files.read(indexPath), bytes.count >= BlockLayout.tableSize else {
      return nil
    }
    for (range, expected) in BlockLayout.checkedParts(of: bytes) {
      let difference = bytes.checksum(of: range) ^ expected
      guard difference != 0, range.count <= Self.flippedBytesMax else { continue }
      guard let found = Checksum.flippedBit(difference, byteCount: range.count) else { return nil }
      return (range.lowerBound + found.byte, found.bit)
    }
    return nil
  }
}

extension BlockLayout {
  /// The parts of an index that have a checksum, with it: the table of sections, and the sections
  /// where the table is right.
  static func checkedParts(of index: MappedBytes) -> [(range: Range<Int>, check: UInt32)] {
    let table = (index.count - tableSize)..<index.count
    let entries = table.lowerBound..<(table.upperBound - endMark.count - 4)
    func number(_ offset: Int, _ length: Int) -> UInt64 {
      index.bytes(in: offset..<(offset + length)).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
    var result = [(entries, UInt32(truncatingIfNeeded: number(entries.upperBound, 4)))]
    guard index.checksum(of: entries) == result[0].1 else { return result }
    for section in Section.allCases {
      let entry = entries.lowerBound + section.rawValue * sectionEntrySize
      let (start, length) = (number(entry, 8), number(entry + 8, 8))
      guard start <= UInt64(entries.lowerBound), length <= UInt64(entries.lowerBound) - start
      else { continue }
      let check = UInt32(truncatingIfNeeded: number(entry + 16, 4))
      result.append((Int(start)..<Int(start + length), check))
    }
    return result
  }
}
