/// Writes the log of one head: the file appears with the first frame, and each frame is on disk
/// when `append` returns, or when `sync` does if appends don't wait for it.
struct LogWriter: Sendable {
  let generation: UInt64
  private let files: any Files
  private let layout: StoreLayout
  private let durability: StoreOptions.Durability
  private var file: (any AppendFile)?
  /// Whether frames were written since the last sync.
  private var isUnsynced: Bool { syncedSizeBytes < sizeBytes }
  private var syncedSizeBytes = 0
  /// The bytes in the log that are known to be whole frames.
  private(set) var sizeBytes = 0
  /// For each series of the log the bits of its last value, which the next one is encoded against.
  private var previous: [UInt64] = []

  init(
    _ files: any Files, _ layout: StoreLayout, generation: UInt64,
    _ durability: StoreOptions.Durability
  ) {
    self.durability = durability
    self.files = files
    self.layout = layout
    self.generation = generation
  }

  /// Writes one frame and waits until it is on disk.
  ///
  /// - Throws: `AppendFailure`; unless it says otherwise, the log is as it was before.
  mutating func append(_ entry: LogEntry) throws(AppendFailure) {
    let rows = entry.rows
    var payload = ByteWriter()
    let replaced = rows.encode(into: &payload, previous: &previous)
    if !entry.isPlain { entry.encodeRest(into: &payload) }
    do throws(AppendFailure) {
      try write(entry.isPlain ? .rows : .mixed, payload.bytes)
    } catch {
      for (series, bits) in zip(rows.series, replaced).reversed() {
        previous[Int(series)] = bits
      }
      previous.removeLast(rows.newSeries.count)
      throw error
    }
  }

  private mutating func write(
    _ kind: LogFrame.Kind, _ payload: [UInt8]
  ) throws(AppendFailure) {
    let opened: any AppendFile
    if let file { opened = file } else { opened = try create() }
    let frame = LogFrame.encode(
      kind, payload, generation: generation, offset: sizeBytes,
      synced: durability == .deferred ? syncedSizeBytes : nil)
    do throws(FileError) {
      try opened.append(frame)
    } catch {
      do throws(FileError) { try opened.truncate(to: sizeBytes) } catch let second {
        throw AppendFailure(error: error, endIsUnknown: "\(error); then \(second)")
      }
      throw AppendFailure(error: error, endIsUnknown: nil)
    }
    sizeBytes += frame.count
    if durability == .eachAppend { try sync() }
  }

  /// Waits until every frame is on disk.
  mutating func sync() throws(AppendFailure) {
    guard isUnsynced, let file else { return }
    do throws(FileError) { try file.sync() } catch {
      // After a failed sync the system may drop the pages and call the next sync a success.
      throw AppendFailure(error: error, endIsUnknown: "\(error)")
    }
    syncedSizeBytes = sizeBytes
  }

  private mutating func create() throws(AppendFailure) -> any AppendFile {
    let path = layout.log(generation)
    do throws(FileError) {
      let created = try files.append(to: path)
      do throws(FileError) {
        // What an earlier failed attempt may have left.
        try created.truncate(to: 0)
        let header = LogHeader.encode(generation: generation)
        try created.append(header)
        try files.syncDirectory(layout.logs)
        file = created
        sizeBytes = header.count
        return created
      } catch {
        created.close()
        throw error
      }
    } catch { throw AppendFailure(error: error, endIsUnknown: nil) }
  }

  func close() { file?.close() }
}

/// A frame that isn't known to be on disk.
struct AppendFailure: Error {
  var error: FileError
  /// Why the end of the log can't be trusted any more; nil when it is as before.
  var endIsUnknown: String?
}
