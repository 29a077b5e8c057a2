/// What the store asks of a file system: a handful of verbs, so that a disk which crashes or fails
/// on demand (`MemoryFiles`) can stand in for the real one (`PosixFiles`).
///
/// Paths are separated by "/". Bytes are on disk only after `AppendFile.sync`; names only after
/// `syncDirectory` on the directory that holds them.
package protocol Files: Sendable {
  /// The names in a directory, sorted bytewise, without "." and "..".
  func list(_ directory: String) throws(FileError) -> [String]
  /// Creates a directory below an existing one; nothing happens when it is there already.
  func makeDirectory(_ path: String) throws(FileError)
  /// The whole contents of a file, mapped where the system can do so.
  func read(_ path: String) throws(FileError) -> MappedBytes
  /// Opens a file for appending, creating it empty when missing.
  func append(to path: String) throws(FileError) -> any AppendFile
  /// Replaces `target` atomically.
  func rename(_ path: String, to target: String) throws(FileError)
  /// Gives a file a second name.
  func link(_ path: String, to target: String) throws(FileError)
  /// Removes a file or an empty directory.
  func remove(_ path: String) throws(FileError)
  /// Makes the names in a directory durable.
  func syncDirectory(_ path: String) throws(FileError)
  /// Takes a lock on a file, creating it when the lock is exclusive; fails at once with
  /// `.locked` when another process (or another opening) has it.
  func lock(_ path: String, _ mode: LockMode) throws(FileError) -> any FileLock
}

/// Whether others may hold a lock at the same time.
package enum LockMode: Sendable {
  case shared
  case exclusive
}

/// A file that grows at its end.
package protocol AppendFile: AnyObject, Sendable {
  /// Writes all bytes at the end, or fails with an unknown part of them written.
  func append(_ bytes: [UInt8]) throws(FileError)
  /// Returns once every byte appended so far is on disk.
  func sync() throws(FileError)
  /// Cuts the file to `size` bytes.
  func truncate(to size: Int) throws(FileError)
  /// Ends the use of the file; later calls fail.
  func close()
}

/// A lock that is held until released or until the process ends.
package protocol FileLock: AnyObject, Sendable {
  func release()
}

/// A file system's refusal.
package struct FileError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The refusals that the store answers differently.
  package enum Kind: Equatable, Sendable {
    case missing
    case denied
    case full
    case locked
    case other
  }

  package var kind: Kind
  /// What was tried: "open", "sync".
  package var operation: String
  package var path: String
  /// The system's own words.
  package var reason: String

  package init(_ kind: Kind, _ operation: String, _ path: String, _ reason: String) {
    self.kind = kind
    self.operation = operation
    self.path = path
    self.reason = reason
  }

  package var description: String { "\(operation) \"\(path)\": \(reason)" }
}
