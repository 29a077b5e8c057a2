internal import Synchronization

/// A file system in memory that can crash and fail on demand, for tests and simulation.
///
///     let disk = MemoryFiles()
///     disk.failure = .init(at: 7, .full)         // the 7th change from now fails
///     let after = disk.crashed(seed: 1)          // the disk as a power loss might leave it
///
/// It tells written bytes from synced ones and names changed from names synced. After a crash every
/// synced byte and name is there; of the others a seeded choice.
package final class MemoryFiles: Files {
  /// A failure to come.
  package struct Failure: Sendable {
    package var kind: FileError.Kind
    /// The number of changing calls (counted from 1) after which every further one fails.
    package var after: Int
    /// Whether only one call fails, or all from then on.
    package var isOnce: Bool

    package init(after: Int, _ kind: FileError.Kind = .other, isOnce: Bool = true) {
      self.after = after
      self.kind = kind
      self.isOnce = isOnce
    }
  }

  private let disk: Mutex<MemoryDisk>

  package init() { disk = Mutex(MemoryDisk()) }

  private init(_ disk: MemoryDisk) { self.disk = Mutex(disk) }

  /// Plans a failure, counting from now; nil for none.
  package func plan(_ failure: Failure?) {
    disk.withLock { disk in
      disk.failure = failure
      disk.changesSincePlan = 0
    }
  }

  /// The number of calls so far that changed something or tried to.
  package var changes: Int { disk.withLock { $0.changes } }

  /// The disk as a power loss at this moment may leave it; locks are gone.
  package func crashed(seed: UInt64) -> MemoryFiles {
    MemoryFiles(disk.withLock { $0.crashed(seed: seed) })
  }

  /// The disk as the next process finds it when this one dies: locks are gone, nothing else.
  package func restarted() -> MemoryFiles {
    MemoryFiles(
      disk.withLock { disk in
        var copy = disk.withoutObserver
        copy.locks = [:]
        copy.failure = nil
        return copy
      })
  }

  /// Calls `observer` with the disk's state before each change, for a crash at every point.
  package func observe(_ observer: (@Sendable (MemoryFiles) -> Void)?) {
    disk.withLock { $0.observer = observer }
  }

  /// Replaces the bytes of a file, as a decaying disk does: synced at once.
  package func corrupt(_ path: String, _ change: (inout [UInt8]) -> Void) throws(FileError) {
    let isFound = disk.withLock { disk -> Bool in
      guard let number = disk.names[path], var file = disk.files[number] else { return false }
      change(&file.written)
      file.synced = file.written
      disk.files[number] = file
      return true
    }
    guard isFound else { throw MemoryDisk.missing("corrupt", path) }
  }

  /// Every path with its size.
  package var contents: [(path: String, sizeBytes: Int)] {
    disk.withLock { disk in
      disk.names.keys.sorted().map { path in
        (path: path, sizeBytes: disk.written(path)?.count ?? 0)
      }
    }
  }

  package func list(_ directory: String) throws(FileError) -> [String] {
    let names = disk.withLock { disk -> [String]? in
      guard disk.directories.contains(directory) else { return nil }
      let paths = Array(disk.names.keys) + Array(disk.directories)
      return paths.filter { MemoryDisk.parent($0) == directory && $0 != directory }
        .map { String($0.dropFirst(directory.count + 1)) }
    }
    guard let names else { throw MemoryDisk.missing("list", directory) }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  package func makeDirectory(_ path: String) throws(FileError) {
    try change("create directory", path) { disk in
      disk.directories.insert(path)
      return nil
    }
  }

  package func read(_ path: String) throws(FileError) -> MappedBytes {
    let bytes = disk.withLock { $0.written(path) }
    guard let bytes else { throw MemoryDisk.missing("open", path) }
    return MappedBytes(bytes)
  }

  package func append(to path: String) throws(FileError) -> any AppendFile {
    if disk.withLock({ $0.names[path] }) == nil {
      try change("open", path) { disk in
        guard disk.directories.contains(MemoryDisk.parent(path)) else {
          return MemoryDisk.missing("open", path)
        }
        let number = disk.nextFile
        disk.nextFile += 1
        disk.files[number] = MemoryFile()
        disk.rename([(path, number)])
        return nil
      }
    }
    return MemoryAppendFile(self, path, disk.withLock { $0.names[path] })
  }

  package func rename(_ path: String, to target: String) throws(FileError) {
    try change("rename", path) { $0.move(path, to: target) }
  }

  package func link(_ path: String, to target: String) throws(FileError) {
    try change("link", target) { disk in
      guard let number = disk.names[path] else { return MemoryDisk.missing("link", path) }
      guard disk.names[target] == nil else {
        return FileError(.other, "link", target, "File exists")
      }
      disk.rename([(target, number)])
      return nil
    }
  }

  package func remove(_ path: String) throws(FileError) {
    try change("remove", path) { disk in
      if disk.names[path] != nil {
        disk.rename([(path, nil)])
        return nil
      }
      guard disk.directories.remove(path) != nil else {
        return MemoryDisk.missing("remove", path)
      }
      return nil
    }
  }

  package func syncDirectory(_ path: String) throws(FileError) {
    try change("sync", path) { disk in
      guard disk.directories.contains(path) else { return MemoryDisk.missing("sync", path) }
      disk.syncNames(in: path)
      return nil
    }
  }

  package func lock(_ path: String, _ mode: LockMode) throws(FileError) -> any FileLock {
    let isFree = disk.withLock { disk in
      let holders = disk.locks[path, default: 0]
      let isFree = mode == .exclusive ? holders == 0 : holders >= 0
      if isFree { disk.locks[path] = mode == .exclusive ? -1 : holders + 1 }
      return isFree
    }
    guard isFree else { throw FileError(.locked, "lock", path, "held by another process") }
    return MemoryLock(self, path, mode)
  }

  fileprivate func unlock(_ path: String, _ mode: LockMode) {
    disk.withLock { $0.locks[path, default: 0] += mode == .exclusive ? 1 : -1 }
  }

  /// Performs a change unless a failure is due; an append that fails may leave a part behind.
  fileprivate func change(
    _ operation: String, _ path: String, _ body: (inout MemoryDisk) -> FileError?
  ) throws(FileError) {
    let before = disk.withLock { disk in disk.observer.map { ($0, disk.withoutObserver) } }
    if let (observer, state) = before { observer(MemoryFiles(state)) }
    let failure = disk.withLock { disk -> FileError? in
      disk.changes += 1
      disk.changesSincePlan += 1
      if let planned = disk.failure {
        let isDue =
          planned.isOnce
          ? disk.changesSincePlan == planned.after + 1 : disk.changesSincePlan > planned.after
        if isDue { return FileError(planned.kind, operation, path, "planned failure") }
      }
      return body(&disk)
    }
    if let failure { throw failure }
  }

  /// Appends a part of some bytes, as a write that fails half way does.
  fileprivate func appendPart(_ bytes: [UInt8], to number: Int) {
    disk.withLock { $0.files[number]?.written.append(contentsOf: bytes.prefix(bytes.count / 2)) }
  }
}

private final class MemoryAppendFile: AppendFile {
  private let files: MemoryFiles
  private let path: String
  private let number: Mutex<Int?>

  init(_ files: MemoryFiles, _ path: String, _ number: Int?) {
    self.files = files
    self.path = path
    self.number = Mutex(number)
  }

  func append(_ bytes: [UInt8]) throws(FileError) {
    let number = try openNumber("write")
    do throws(FileError) {
      try files.change("write", path) { disk in
        disk.files[number]?.written.append(contentsOf: bytes)
        return nil
      }
    } catch {
      files.appendPart(bytes, to: number)
      throw error
    }
  }

  func sync() throws(FileError) {
    let number = try openNumber("sync")
    try files.change("sync", path) { disk in
      disk.files[number]?.sync()
      return nil
    }
  }

  func truncate(to size: Int) throws(FileError) {
    let number = try openNumber("truncate")
    try files.change("truncate", path) { disk in
      guard let file = disk.files[number], file.written.count >= size else { return nil }
      disk.files[number]?.written.removeLast(file.written.count - size)
      return nil
    }
  }

  func close() { number.withLock { $0 = nil } }

  private func openNumber(_ operation: String) throws(FileError) -> Int {
    guard let open = number.withLock({ $0 }) else {
      throw FileError(.other, operation, path, "Bad file descriptor")
    }
    return open
  }
}

private final class MemoryLock: FileLock {
  private let files: MemoryFiles
  private let path: String
  private let mode: LockMode
  private let isHeld = Mutex(true)

  init(_ files: MemoryFiles, _ path: String, _ mode: LockMode) {
    self.files = files
    self.path = path
    self.mode = mode
  }

  deinit { release() }

  func release() {
    let wasHeld = isHeld.withLock { held in
      defer { held = false }
      return held
    }
    if wasHeld { files.unlock(path, mode) }
  }
}
