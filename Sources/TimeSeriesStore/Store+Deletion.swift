package import MetricModel
internal import Synchronization

/// What makes samples go: a deletion asked for, or retention.
extension Store {
  /// Deletes the samples in `range` of all series that match, as far as they were acknowledged
  /// before.
  ///
  /// What is in memory is sealed first, then tombstones are written beside each block: readers
  /// see the samples no more when this returns, and the next maintenance writes the blocks again
  /// without them. A crash or a failure on the way may leave the samples of some blocks deleted
  /// and not those of others; asking again finishes it. Deleted times may be written again.
  ///
  /// - Returns: how many series lost samples, at most.
  @discardableResult
  package func delete(
    matching matchers: [LabelMatcher], in range: TimeRange
  ) throws(StoreError) -> DeletionReport {
    try maintaining { state throws(StoreError) in
      _ = try seal(&state)
      var report = DeletionReport()
      var series: Set<Labels> = []
      for block in current.withLock({ $0.blocks }) where block.overlaps(range) {
        let found = try block.find(matchers, in: range)
        guard !found.isEmpty else { continue }
        var tombstones = block.tombstones
        tombstones.add(range, of: found.map(\.number))
        // Hidden before it's known whether they are on disk: a sample that a restart may hide can't
        // be what makes one sent again a duplicate.
        replace(Block(block, hiding: tombstones))
        try forgetNewest(of: found.map(\.labels))
        try write(tombstones, of: block)
        series.formUnion(found.map(\.labels))
        report.blocks += 1
      }
      report.series = series.count
      return report
    }
  }

  /// Puts a block in the place of the one with its number.
  private func replace(_ block: Block) {
    current.withLock { layers in
      for index in layers.blocks.indices where layers.blocks[index].number == block.number {
        layers.blocks[index] = block
      }
    }
  }

  /// Writes blocks again of which samples are deleted, so that these are gone from the files too.
  package func purgeDeleted() throws(StoreError) {
    try maintaining { _ throws(StoreError) in try purge() }
  }

  /// The same, within maintenance.
  func purge() throws(StoreError) {
    for shape in blockShapes where shape.hasTombstones { try merge([shape.number]) }
    try dropEmpty()
  }

  /// Removes blocks with all their samples.
  ///
  /// What a block says of the logs that it covers must outlive it: where no other says so, an empty
  /// one takes its place.
  func drop(_ numbers: [UInt64]) throws(StoreError) {
    guard !numbers.isEmpty else { return }
    let blocks = current.withLock { $0.blocks }
    let covered = blocks.map(\.summary.coveredGeneration).max() ?? 0
    let kept = blocks.filter { !numbers.contains($0.number) }
    var successor: Block?
    if kept.allSatisfy({ $0.summary.coveredGeneration < covered }) {
      successor = try BlockWriter.write(
        StoreSnapshot(blocks: [], heads: []), as: nextBlockNumber, coveredGeneration: covered,
        replacing: numbers, layout, files)
    }
    let layers = StoreLayers.inOrder(kept + (successor.map { [$0] } ?? []))
    current.withLock { $0.blocks = layers }
    do throws(FileError) {
      for number in numbers { try BlockWriter.removeBlock(number, layout, files) }
    } catch { throw StoreError(error) }
  }

  /// Removes empty blocks that no longer say anything.
  func dropEmpty() throws(StoreError) {
    let blocks = current.withLock { $0.blocks }
    let covered =
      blocks.filter { $0.summary.sampleCount > 0 }
      .map(\.summary.coveredGeneration).max() ?? 0
    let empty = blocks.filter { $0.summary.sampleCount == 0 }
    let spare = empty.filter { block in
      block.summary.coveredGeneration <= covered
        || empty.contains {
          $0.number != block.number
            && ($0.summary.coveredGeneration, $0.number)
              > (block.summary.coveredGeneration, block.number)
        }
    }
    try drop(spare.map(\.number))
  }

  private func write(_ tombstones: Tombstones, of block: Block) throws(StoreError) {
    let path = block.directory + "/" + BlockLayout.tombstonesFile
    do throws(FileError) {
      let file = try files.append(to: path + ".tmp")
      defer { file.close() }
      try file.truncate(to: 0)
      try file.append(tombstones.encode())
      try file.sync()
      try files.rename(path + ".tmp", to: path)
      try files.syncDirectory(block.directory)
    } catch { throw StoreError(error) }
  }

  /// Brings the writer's table in line with the layers, as a restart would: what is late is seen
  /// from the newest sample that is left.
  private func forgetNewest(of series: [Labels]) throws(StoreError) {
    let failure = writer.withLock { writer -> StoreError? in
      let view = snapshot()
      do throws(StoreError) {
        for labels in series {
          guard let entry = writer.table.find(labels) else { continue }
          writer.table.setNewest(entry, try view.newestTime(of: labels))
        }
      } catch { return error }
      return nil
    }
    if let failure { throw failure }
  }
}

/// What a deletion did.
package struct DeletionReport: Equatable, Sendable {
  /// Series that may have lost samples.
  package var series = 0
  /// Blocks that got tombstones.
  package var blocks = 0
}
