internal import FoundationEssentials
internal import MetricModel
internal import Synchronization
internal import SystemPackage

/// A journal of files, one for each run: `<directory>/<name>.jsonl`.
///
/// To wait for the disk once for many runs, changes are first written to one more file,
/// `commit.log`, which alone is forced to the disk. The runs' files follow without being forced;
/// when the next process finds a `commit.log`, it makes its changes again. Now and then all files
/// are forced together, and the log begins anew.
package final class FileJournal: RunJournal {
  private struct State {
    /// Where each run's file ends, or is to end.
    var sizes: [String: Int] = [:]
    var logSizeBytes = 0
    /// Why nothing more can be written.
    var stopped: JournalError?
  }

  private let directory: FilePath
  private let log: FileDescriptor
  private let state = Mutex(State())
  private let logSizeBytesMax: Int
  private static let ending = ".jsonl"

  /// Makes the directory where it is missing, and the changes of a log that is there.
  ///
  /// - Parameter logSizeBytesMax: from what size on the log begins anew.
  package init(directory path: String, logSizeBytesMax: Int = 8 << 20) throws(JournalError) {
    directory = FilePath(path)
    self.logSizeBytesMax = logSizeBytesMax
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      log = try FileDescriptor.open(
        directory.appending("commit.log"), .readWrite, options: .create,
        permissions: .ownerReadWrite)
    } catch {
      throw JournalError("\(path): \(error)")
    }
    do {
      try repeatLog()
    } catch {
      try? log.close()
      throw error
    }
  }

  deinit {
    // Nothing is lost when this fails: what was acknowledged has been forced to the disk.
    try? log.close()
  }

  package func names() throws(JournalError) -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: directory.string)
        .filter { $0.hasSuffix(Self.ending) }
        .compactMap { PercentEncoding.decoded(String($0.dropLast(Self.ending.count))) }.sorted()
    } catch {
      throw JournalError("\(directory): \(error)")
    }
  }

  package func lines(of run: String) throws(JournalError) -> [String] {
    let path = file(of: run)
    do {
      let bytes = [UInt8](try FoundationEssentials.Data(contentsOf: URL(filePath: path.string)))
      var lines = bytes.split(separator: 10, omittingEmptySubsequences: false)
        .map { String(decoding: $0, as: UTF8.self) }
      // What follows the last line break was being written when the process ended.
      lines.removeLast()
      return lines
    } catch {
      throw JournalError("\(path): \(error)")
    }
  }

  package func commit(_ changes: [JournalChange]) throws(JournalError) {
    try state.withLock { (state) throws(JournalError) in
      if let stopped = state.stopped { throw stopped }
      var sizes: [String: Int] = [:]
      var records: [CommitRecord] = []
      for change in changes {
        let record = try record(of: change, sizes, state)
        sizes[record.run] = record.end
        records.append(record)
      }
      do throws(JournalError) {
        try write(records, state)
        for record in records { try perform(record) }
      } catch {
        // What wasn't acknowledged must not come back.
        if !Disk.truncate(log, to: state.logSizeBytes) {
          state.stopped = JournalError("\(directory)/commit.log: can't be cut after: \(error)")
        }
        throw error
      }
      state.logSizeBytes += records.reduce(0) { $0 + $1.bytes.count }
      state.sizes.merge(sizes) { _, new in new }
      if state.logSizeBytes > logSizeBytesMax { try beginAnew(&state) }
    }
  }

  private func record(
    of change: JournalChange, _ sizes: [String: Int], _ state: State
  ) throws(JournalError) -> CommitRecord {
    switch change {
    case .replace(let lines, let run): return CommitRecord(run: run, at: 0, lines: lines)
    case .remove(let run): return CommitRecord(run: run, at: 0, lines: nil)
    case .append(let lines, let run):
      if let end = sizes[run] ?? state.sizes[run] {
        return CommitRecord(run: run, at: end, lines: lines)
      }
      return CommitRecord(run: run, at: try sizeOnDisk(of: run), lines: lines)
    }
  }

  /// Only whole lines count: after a torn one the next is written over it.
  private func sizeOnDisk(of run: String) throws(JournalError) -> Int {
    try lines(of: run).reduce(0) { $0 + $1.utf8.count + 1 }
  }

  private func write(_ records: [CommitRecord], _ state: State) throws(JournalError) {
    do {
      try log.writeAll(toAbsoluteOffset: Int64(state.logSizeBytes), records.flatMap(\.bytes))
    } catch {
      throw JournalError("\(directory)/commit.log: \(error)")
    }
    guard Disk.sync(log) else {
      throw JournalError("\(directory)/commit.log: can't be forced to the disk")
    }
  }

  /// What is after the place is cut off, so that doing it again changes nothing.
  private func perform(_ record: CommitRecord) throws(JournalError) {
    let path = file(of: record.run)
    do {
      guard let text = record.text else {
        if FileManager.default.fileExists(atPath: path.string) {
          try FileManager.default.removeItem(atPath: path.string)
        }
        return
      }
      let file = try FileDescriptor.open(
        path, .writeOnly, options: .create, permissions: .ownerReadWrite)
      try file.closeAfter {
        guard Disk.truncate(file, to: record.at) else {
          throw JournalError("\(path): can't be cut at \(record.at)")
        }
        try file.writeAll(toAbsoluteOffset: Int64(record.at), text)
      }
    } catch let error as JournalError {
      throw error
    } catch {
      throw JournalError("\(path): \(error)")
    }
  }

  private func beginAnew(_ state: inout State) throws(JournalError) {
    guard Disk.syncAll(beside: log), Disk.truncate(log, to: 0), Disk.sync(log) else {
      // The log goes on growing, which harms nobody yet; tried again with the next commit.
      return
    }
    state.logSizeBytes = 0
  }

  private func repeatLog() throws(JournalError) {
    let path = directory.appending("commit.log")
    let bytes: [UInt8]
    do {
      bytes = [UInt8](try FoundationEssentials.Data(contentsOf: URL(filePath: path.string)))
    } catch {
      throw JournalError("\(path): \(error)")
    }
    var rest = bytes[...]
    while let record = CommitRecord(reading: &rest) { try perform(record) }
    guard !bytes.isEmpty else { return }
    guard Disk.syncAll(beside: log), Disk.truncate(log, to: 0), Disk.sync(log) else {
      throw JournalError("\(path): can't be begun anew")
    }
  }

  private func file(of run: String) -> FilePath {
    directory.appending(PercentEncoding.escaped(run) + Self.ending)
  }
}

/// What one change does to one file: a text at a place, up to the end; or the file's removal.
///
/// In the log: `CHECKSUM NAME AT COUNT\n` and COUNT bytes; COUNT is `-` for a removal.
struct CommitRecord {
  let run: String
  let at: Int
  /// Nil when the file is removed.
  let text: [UInt8]?
  /// As in the log.
  let bytes: [UInt8]

  /// Where the file ends then.
  var end: Int { at + (text?.count ?? 0) }

  init(run: String, at: Int, lines: [String]?) {
    self.run = run
    self.at = at
    text = lines.map { lines in lines.flatMap { Array($0.utf8) + [10] } }
    let count = text.map { String($0.count) } ?? "-"
    let content = Array("\(PercentEncoding.escaped(run)) \(at) \(count)\n".utf8) + (text ?? [])
    bytes = Array(Self.checksum(content).utf8) + [32] + content
  }

  /// The record at the front; nil at the end, or where a crash cut the log.
  init?(reading rest: inout ArraySlice<UInt8>) {
    guard let newline = rest.firstIndex(of: 10) else { return nil }
    let head = rest[..<newline].split(separator: 32).map { String(decoding: $0, as: UTF8.self) }
    guard head.count == 4, let run = PercentEncoding.decoded(head[1]),
      let at = Int(head[2]), at >= 0
    else { return nil }
    let count = head[3] == "-" ? 0 : Int(head[3]) ?? -1
    let start = newline + 1
    guard count >= 0, count <= rest.endIndex - start else { return nil }
    let content = rest[(rest.startIndex + head[0].utf8.count + 1)..<(start + count)]
    guard Self.checksum(content) == head[0] else { return nil }
    self.run = run
    self.at = at
    text = head[3] == "-" ? nil : Array(rest[start..<(start + count)])
    bytes = Array(rest[..<(start + count)])
    rest = rest[(start + count)...]
  }

  /// FNV-1a of 64 bits: enough to tell a record that a crash cut from a whole one.
  private static func checksum(_ bytes: some Sequence<UInt8>) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return String(hash, radix: 16)
  }
}
