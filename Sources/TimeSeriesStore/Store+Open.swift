extension Store {
  /// Opens the store in a directory of the operating system's files.
  ///
  /// - Throws: `.missing`, `.foreign`, `.inUse`, `.denied`, `.unknownFormat` or `.damaged`; the
  ///   directory is then as it was before.
  package static func open(
    _ directory: String, options: StoreOptions = StoreOptions()
  ) throws(StoreError) -> Store {
    try open(directory, on: PosixFiles(), options: options)
  }

  /// Opens the store in a directory of any files.
  package static func open(
    _ directory: String, on files: any Files, options: StoreOptions = StoreOptions()
  ) throws(StoreError) -> Store {
    let layout = StoreLayout(directory: directory)
    let opening = StoreOpening(layout: layout, files: files, options: options)
    return Store(try opening.recover(), layout: layout, files: files, options: options)
  }
}

/// What a directory holds, ready to be used.
struct RecoveredStore {
  /// Nil for a copy without a lock file, opened for reading only.
  var lock: (any FileLock)?
  var blocks: [Block]
  /// The samples of the logs.
  var head: Head
  var exemplars: ExemplarPages
  var metadata: MetadataTable
  /// The first generation without a log.
  var nextGeneration: UInt64
  var report: OpenReport
}

/// What logs hold, read one after the other: equal labels become one series.
private struct LogRecovery {
  var head = Head()
  private(set) var exemplars: [SeriesExemplar] = []
  private(set) var metadata = MetadataTable()
  /// Whether the log read last has no whole frame.
  private(set) var newestLogIsEmpty = false
  private var table = SeriesTable()
  /// The numbers in the head of the series of the log being read.
  private var numbers: [UInt32] = []

  mutating func beginLog() {
    numbers = []
    newestLogIsEmpty = true
  }

  mutating func add(_ entry: LogEntry) {
    newestLogIsEmpty = false
    let rows = entry.rows
    for labels in rows.newSeries {
      if let known = table.find(labels) {
        numbers.append(UInt32(known))
      } else {
        numbers.append(UInt32(table.add(labels, newest: nil)))
        head.addSeries(labels)
      }
    }
    head.addPlain(rows, numbers: numbers)
    for one in entry.histograms { head.add(numbers[Int(one.series)], one.time, one.histogram) }
    exemplars += entry.exemplars
    for family in entry.metadata { metadata.set(family) }
  }
}

/// Brings a directory into use: checks everything first, changes something only afterwards.
struct StoreOpening {
  let layout: StoreLayout
  let files: any Files
  let options: StoreOptions

  private var canWrite: Bool { options.access != .readOnly }

  func recover() throws(StoreError) -> RecoveredStore {
    let isNew = try !isStore()
    let lock = try takeLock()
    do throws(StoreError) {
      if isNew { try create() }
      let recovered = try recover(lock)
      if canWrite { try upgrade() }
      return recovered
    } catch {
      lock?.release()
      throw error
    }
  }

  /// Whether the directory holds a store; false when one may be made there.
  private func isStore() throws(StoreError) -> Bool {
    var names: [String]
    do throws(FileError) { names = try files.list(layout.directory) } catch {
      guard error.kind == .missing else { throw StoreError(error) }
      guard options.access == .creating else { throw .missing(directory: layout.directory) }
      do throws(FileError) {
        try files.makeDirectory(layout.directory)
        try files.syncDirectory(layout.parent)
      } catch { throw StoreError(error) }
      names = []
    }
    if names.contains(StoreLayout.formatFile) {
      let found = try formatText()
      guard found == StoreLayout.format || StoreLayout.olderFormats.contains(found) else {
        throw .unknownFormat(file: layout.format, found: found)
      }
      return true
    }
    // What creation leaves when it is cut short, and what a fresh volume has.
    let harmless = ["LOCK", "log", "blocks", StoreLayout.formatFile + ".tmp", "lost+found"]
    if let other = names.first(where: { !harmless.contains($0) }) {
      throw .foreign(directory: layout.directory, found: other)
    }
    guard options.access == .creating else {
      throw .foreign(directory: layout.directory, found: names.first ?? "nothing")
    }
    return false
  }

  private func formatText() throws(StoreError) -> String {
    do throws(FileError) {
      let text = String(decoding: try files.read(layout.format).bytes, as: UTF8.self)
      return String(text.prefix { $0 != "\n" }.prefix(80))
    } catch { throw StoreError(error) }
  }

  private func takeLock() throws(StoreError) -> (any FileLock)? {
    do throws(FileError) {
      return try files.lock(layout.lock, canWrite ? .exclusive : .shared)
    } catch {
      if error.kind == .missing && !canWrite { return nil }
      throw error.kind == .locked ? .inUse(directory: layout.directory) : StoreError(error)
    }
  }

  /// The format file comes last: without it there is no store.
  private func create() throws(StoreError) {
    do throws(FileError) {
      try files.makeDirectory(layout.logs)
      try files.makeDirectory(layout.blocks)
    } catch { throw StoreError(error) }
    try writeFormat()
  }

  /// Names the present format before anything is written that older versions don't know.
  private func upgrade() throws(StoreError) {
    if try formatText() != StoreLayout.format { try writeFormat() }
  }

  /// Writes the format file in one step.
  private func writeFormat() throws(StoreError) {
    do throws(FileError) {
      let unfinished = layout.format + ".tmp"
      let file = try files.append(to: unfinished)
      defer { file.close() }
      try file.truncate(to: 0)
      try file.append(Array((StoreLayout.format + "\n").utf8))
      try file.sync()
      try files.rename(unfinished, to: layout.format)
      try files.syncDirectory(layout.directory)
    } catch { throw StoreError(error) }
  }

  private func recover(_ lock: (any FileLock)?) throws(StoreError) -> RecoveredStore {
    var report = OpenReport()
    var leftovers: [String] = []
    let blocks = try openBlocks(&leftovers)
    let covered = blocks.map(\.summary.coveredGeneration).max() ?? 0
    var logs: [UInt64] = []
    for name in try list(layout.logs) {
      guard let generation = StoreLayout.generation(ofLog: name) else { continue }
      if generation <= covered {
        leftovers.append(layout.log(generation))
      } else {
        logs.append(generation)
      }
    }
    for (index, generation) in logs.enumerated() where generation != covered + 1 + UInt64(index) {
      throw .damaged(
        file: layout.log(covered + 1 + UInt64(index)), offset: 0,
        finding: "the file is missing, \(layout.log(generation)) is the next")
    }
    let recovery = try replay(logs, &report)
    // A log without a whole frame is none: its generation is free again.
    var newestLog = logs.last
    var next = covered + 1 + UInt64(logs.count)
    if let newest = newestLog, recovery.newestLogIsEmpty {
      leftovers.append(layout.log(newest))
      newestLog = nil
      next -= 1
    }
    if canWrite {
      if let torn = report.tornTail, let newestLog { try cut(torn, off: layout.log(newestLog)) }
      try makeDurable(newestLog)
      try remove(leftovers, &report)
    }
    return RecoveredStore(
      lock: lock, blocks: blocks, head: recovery.head,
      exemplars: ExemplarPages(recovery.exemplars, maximum: options.exemplarsMax),
      metadata: recovery.metadata, nextGeneration: next, report: report)
  }

  private func openBlocks(_ leftovers: inout [String]) throws(StoreError) -> [Block] {
    var blocks: [Block] = []
    for name in try list(layout.blocks) {
      if StoreLayout.isUnfinishedBlock(name) { leftovers.append(layout.blocks + "/" + name) }
    }
    // Newest first: a merged block names those it replaced, which may be there still, not whole.
    var replaced: Set<UInt64> = []
    for number in try list(layout.blocks).compactMap(StoreLayout.number(ofBlock:)).reversed() {
      if replaced.contains(number) {
        leftovers.append(layout.block(number))
      } else {
        let block = try Block(number, at: layout.block(number), files)
        replaced.formUnion(block.summary.replaces)
        blocks.append(block)
      }
    }
    return StoreLayers.inOrder(blocks)
  }

  /// Reads logs, oldest first.
  private func replay(
    _ logs: [UInt64], _ report: inout OpenReport
  ) throws(StoreError) -> LogRecovery {
    var recovery = LogRecovery()
    for generation in logs {
      let path = layout.log(generation)
      let bytes: MappedBytes
      do throws(FileError) { bytes = try files.read(path) } catch { throw StoreError(error) }
      report.logSizeBytes += bytes.count
      recovery.beginLog()
      let torn = try LogReader.read(
        bytes, of: path, generation: generation, isLast: generation == logs.last
      ) { recovery.add($0) }
      if let torn { report.tornTail = torn }
    }
    do throws(Damage) { try recovery.head.completeIndex() } catch {
      throw StoreError(error, in: "the index of the head in memory")
    }
    report.replayedSamples = recovery.head.sampleCount
    report.replayedSeries = recovery.head.seriesCount
    return recovery
  }

  /// Syncs what was read: when the process before died between a write and its sync, readers now
  /// see samples, and logs are now replaced by blocks, that a power loss could still take.
  private func makeDurable(_ newestLog: UInt64?) throws(StoreError) {
    do throws(FileError) {
      if let newestLog {
        let file = try files.append(to: layout.log(newestLog))
        defer { file.close() }
        try file.sync()
      }
      try files.syncDirectory(layout.logs)
      try files.syncDirectory(layout.blocks)
    } catch { throw StoreError(error) }
  }

  /// Removes what a crash left at the end of the newest log.
  private func cut(_ torn: TornTail, off path: String) throws(StoreError) {
    do throws(FileError) {
      let file = try files.append(to: path)
      defer { file.close() }
      try file.truncate(to: torn.offset)
    } catch { throw StoreError(error) }
  }

  private func remove(
    _ leftovers: [String], _ report: inout OpenReport
  ) throws(StoreError) {
    do throws(FileError) {
      for path in leftovers {
        if path.hasSuffix(".log") {
          try files.remove(path)
        } else {
          try BlockWriter.removeDirectory(path, files)
        }
        report.removed.append(path)
      }
    } catch { throw StoreError(error) }
  }

  private func list(_ directory: String) throws(StoreError) -> [String] {
    do throws(FileError) { return try files.list(directory) } catch { throw StoreError(error) }
  }
}
