package import MetricModel
internal import Synchronization

/// Sealing, merging and snapshots: what replaces layers, one call at a time.
extension Store {
  /// Seals what is in memory into a block. Appends and readers go on meanwhile.
  ///
  /// - Returns: whether there was anything to seal.
  @discardableResult
  package func seal() throws(StoreError) -> Bool {
    try maintaining { state throws(StoreError) in try seal(&state) }
  }

  /// Does what is due: syncs the log where appends don't, extends the index of the head, compresses
  /// what opening read, seals by size and age, drops what retention no longer keeps, merges blocks
  /// of similar size, compresses cold ones, and writes those again of which samples were deleted.
  /// To be called every second or so.
  ///
  /// - Parameter freed: called whenever a block has been written, since much of what it was written
  ///   from is no longer in memory then: before the next is begun.
  /// - Returns: what was done.
  @discardableResult
  package func maintain(
    now: Timestamp, freed: () -> Void = {}
  ) throws(StoreError) -> MaintenanceReport {
    try maintaining { state throws(StoreError) in
      var report = MaintenanceReport()
      try syncLog()
      extendIndex()
      packFrozen()
      var shape = current.withLock { $0.shape }
      shape.logSizeBytes += writer.withLock { $0.log?.sizeBytes ?? 0 }
      if shape.sampleCount == 0 { state.nonEmptySince = nil }
      if shape.sampleCount > 0 && state.nonEmptySince == nil { state.nonEmptySince = now }
      shape.nonEmptySince = state.nonEmptySince
      if options.sealing.isDue(shape, now: now) { report.sealed = try seal(&state) }
      if report.sealed { freed() }
      let expired = RetentionPlanner.expired(
        blockShapes, newest: snapshot().timeRange?.end, now: now,
        logSizeBytes: shape.logSizeBytes, options.retention)
      try drop(expired)
      report.expiredBlocks = expired.count
      try dropEmpty()
      while let run = CompactionPlanner.nextMerge(blockShapes, compaction) {
        try merge(run)
        report.mergedBlocks += run.count
        freed()
      }
      return report
    }
  }

  /// The policy of merging, with blocks no longer than retention wants them.
  private var compaction: CompactionPolicy {
    var policy = options.compaction
    policy.spanMax = [policy.spanMax, options.retention.blockSpanMax].compactMap { $0 }.min()
    return policy
  }

  /// Seals what is in memory, merges blocks, and gives the blocks a second name in a directory that
  /// is a store of its own: a copy to keep or to carry away.
  ///
  /// - Parameter directory: mustn't exist; its parent is created when missing. The files are
  ///   linked where the file system can, else copied.
  package func writeSnapshot(into directory: String) throws(StoreError) {
    try maintaining { state throws(StoreError) in
      _ = try seal(&state)
      try purge()
      if let run = CompactionPlanner.wholeMerge(blockShapes, compaction) { try merge(run) }
      let view = snapshot()
      try SnapshotDirectory(StoreLayout(directory: directory), files).write(
        view.blocks, annotations: LogEntry.annotations(of: view))
    }
  }

  /// Runs maintenance alone.
  func maintaining<Answer>(
    _ body: (inout Maintenance) throws(StoreError) -> Answer
  ) throws(StoreError) -> Answer {
    let result = maintenance.withLock { state -> Result<Answer, StoreError> in
      do throws(StoreError) { return .success(try body(&state)) } catch { return .failure(error) }
    }
    return try result.get()
  }

  /// Freezes the active head, writes the frozen heads into a block, and drops their logs.
  func seal(_ state: inout Maintenance) throws(StoreError) -> Bool {
    try freeze()
    let frozen = current.withLock { $0.frozen }
    guard let last = frozen.last else { return false }
    try keepLogsForFollowers(through: last.generation)
    try restate()
    let block = try BlockWriter.write(
      StoreSnapshot(blocks: [], heads: frozen.map(\.head)), as: nextBlockNumber,
      coveredGeneration: last.generation, layout, files)
    current.withLock { layers in
      layers.blocks = StoreLayers.inOrder(layers.blocks + [block])
      layers.frozen.removeFirst(frozen.count)
    }
    state.nonEmptySince = nil
    try removeLogs(through: last.generation)
    return true
  }

  /// Writes some blocks as one and removes them.
  func merge(_ numbers: [UInt64]) throws(StoreError) {
    let sources = current.withLock { $0.blocks }.filter { numbers.contains($0.number) }
    let shapes = blockShapes
    let isCold = CompactionPlanner.isCold(
      shapes.filter { numbers.contains($0.number) }, among: shapes, compaction)
    let block = try BlockWriter.write(
      StoreSnapshot(blocks: sources, heads: []), as: nextBlockNumber,
      coveredGeneration: sources.map(\.summary.coveredGeneration).max() ?? 0, replacing: numbers,
      isCold: isCold, layout, files)
    current.withLock { layers in
      let others = layers.blocks.filter { !numbers.contains($0.number) }
      layers.blocks = StoreLayers.inOrder(others + [block])
    }
    do throws(FileError) {
      for number in numbers { try BlockWriter.removeBlock(number, layout, files) }
    } catch { throw StoreError(error) }
  }

  var nextBlockNumber: UInt64 {
    (current.withLock { $0.blocks.map(\.number).max() } ?? 0) + 1
  }

  var blockShapes: [BlockShape] {
    current.withLock { $0.blocks }.map { block in
      BlockShape(
        number: block.number, sampleCount: block.summary.sampleCount,
        earliest: Timestamp(milliseconds: block.summary.earliest),
        latest: Timestamp(milliseconds: block.summary.latest), sizeBytes: block.sizeBytes,
        hasTombstones: !block.tombstones.isEmpty, isCold: block.isCold)
    }
  }

  /// Makes durable what was acknowledged before that.
  private func syncLog() throws(StoreError) {
    let failure = writer.withLock { writer -> StoreError? in
      if let stopped = writer.stopped { return .stopped(cause: stopped) }
      do throws(AppendFailure) { try writer.log?.sync() } catch {
        let cause = error.endIsUnknown ?? error.error.description
        writer.stopped = cause
        return .stopped(cause: cause)
      }
      return nil
    }
    if let failure { throw failure }
  }

  /// Compresses what opening left plain. Readers go on with what there was.
  private func packFrozen() {
    for frozen in current.withLock({ $0.frozen }) {
      guard let packed = frozen.head.packed else { continue }
      current.withLock { layers in
        for index in layers.frozen.indices
        where layers.frozen[index].generation == frozen.generation {
          layers.frozen[index].head = packed
        }
      }
    }
  }

  /// Ends the active head and its log, and begins new ones.
  private func freeze() throws(StoreError) {
    let failure = writer.withLock { writer -> StoreError? in
      guard let log = writer.log else { return .notWritable(directory: layout.directory) }
      if let stopped = writer.stopped { return .stopped(cause: stopped) }
      guard log.sizeBytes > 0, writer.seriesCount > 0 else { return nil }
      // Only the newest log may have a torn end, so this one is whole on disk before the next is.
      do throws(AppendFailure) { try writer.log?.sync() } catch {
        let cause = error.endIsUnknown ?? error.error.description
        writer.stopped = cause
        return .stopped(cause: cause)
      }
      log.close()
      current.withLock { layers in
        layers.frozen.append(
          FrozenHead(
            head: layers.active, generation: log.generation, logSizeBytes: log.sizeBytes))
        layers.active = Head()
      }
      writer.table = writer.table.forNewHead()
      writer.seriesCount = 0
      writer.log = LogWriter(
        files, layout, generation: log.generation + 1, options.durability)
      end.withLock { $0 = LogPlace(generation: log.generation + 1, offset: 0) }
      return nil
    }
    if let failure { throw failure }
    try completeIndexes()
  }

  /// Repeats exemplars and metadata in the newest log, since those before it will go.
  private func restate() throws(StoreError) {
    let failure = writer.withLock { writer -> StoreError? in
      guard let generation = writer.log?.generation, writer.restatedGeneration != generation else {
        return nil
      }
      if let stopped = writer.stopped { return .stopped(cause: stopped) }
      let entries = current.withLock { LogEntry.annotations(of: $0.snapshot) }
      do throws(StoreError) {
        for entry in entries { try write(entry, &writer) }
      } catch { return error }
      writer.restatedGeneration = generation
      return nil
    }
    if let failure { throw failure }
  }

  /// Makes frozen heads fast to look series up in.
  private func completeIndexes() throws(StoreError) {
    var frozen = current.withLock { $0.frozen }
    for index in frozen.indices {
      do throws(Damage) { try frozen[index].head.completeIndex() } catch {
        throw StoreError(error, in: "the index of the head in memory")
      }
    }
    current.withLock { $0.frozen = frozen }
  }

  /// Removes the logs whose samples are all in blocks.
  private func removeLogs(through generation: UInt64) throws(StoreError) {
    do throws(FileError) {
      for name in try files.list(layout.logs) {
        guard let found = StoreLayout.generation(ofLog: name), found <= generation else { continue }
        try files.remove(layout.log(found))
      }
    } catch { throw StoreError(error) }
  }
}

/// What a call of `maintain` did.
package struct MaintenanceReport: Equatable, Sendable {
  package var sealed = false
  /// The number of blocks that were merged into fewer.
  package var mergedBlocks = 0
  /// The number of blocks that retention dropped.
  package var expiredBlocks = 0
}
