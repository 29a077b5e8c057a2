/// Writes a store made of existing blocks: the directory appears in one step.
struct SnapshotDirectory {
  private let layout: StoreLayout
  private let files: any Files

  init(_ layout: StoreLayout, _ files: any Files) {
    self.layout = layout
    self.files = files
  }

  func write(_ blocks: [Block], annotations: [LogEntry]) throws(StoreError) {
    let unfinished = StoreLayout(directory: layout.directory + ".tmp")
    do throws(FileError) {
      try files.makeDirectory(layout.parent)
      if let names = try? files.list(layout.directory) {
        throw FileError(
          .other, "write a snapshot into", layout.directory,
          "it exists already, with \(names.count) entries")
      }
      for directory in [unfinished.directory, unfinished.logs, unfinished.blocks] {
        try files.makeDirectory(directory)
      }
      for block in blocks {
        let target = unfinished.block(block.number)
        try files.makeDirectory(target)
        for name in [BlockLayout.indexFile, BlockLayout.chunksFile] {
          try give(block.directory + "/" + name, to: target + "/" + name)
        }
        try files.syncDirectory(target)
      }
      try files.syncDirectory(unfinished.blocks)
      try write(
        annotations, into: unfinished,
        generation: (blocks.map(\.summary.coveredGeneration).max() ?? 0) + 1)
      let format = try files.append(to: unfinished.format)
      defer { format.close() }
      try format.truncate(to: 0)
      try format.append(Array((StoreLayout.format + "\n").utf8))
      try format.sync()
      try files.syncDirectory(unfinished.directory)
      try files.rename(unfinished.directory, to: layout.directory)
      try files.syncDirectory(layout.parent)
    } catch { throw StoreError(error) }
  }

  /// Writes exemplars and metadata into a log behind the blocks; none when there are none.
  private func write(
    _ entries: [LogEntry], into layout: StoreLayout, generation: UInt64
  ) throws(FileError) {
    var log = LogWriter(files, layout, generation: generation, .eachAppend)
    defer { log.close() }
    do throws(AppendFailure) {
      for entry in entries { try log.append(entry) }
    } catch { throw error.error }
  }

  /// Links a file, or copies it where links can't reach.
  private func give(_ path: String, to target: String) throws(FileError) {
    do throws(FileError) { try files.link(path, to: target) } catch {
      guard error.kind == .other || error.kind == .denied else { throw error }
      let copy = try files.append(to: target)
      defer { copy.close() }
      try copy.truncate(to: 0)
      try copy.append(try files.read(path).bytes)
      try copy.sync()
    }
  }
}
