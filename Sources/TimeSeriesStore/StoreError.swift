/// Why the store can't do what was asked; each message names the file and what would help.
package enum StoreError: Error, Equatable, Sendable, CustomStringConvertible {
  /// There is no directory at the path.
  case missing(directory: String)
  /// The directory holds other things than a store.
  case foreign(directory: String, found: String)
  /// The directory was written by a later version.
  case unknownFormat(file: String, found: String)
  /// Another process has the store open.
  case inUse(directory: String)
  /// The directory or a file in it may not be written (or read).
  case denied(FileError)
  /// The disk is full; nothing of the batch was kept.
  case full(FileError)
  /// Stored bytes are not what was written.
  case damaged(file: String, offset: Int, finding: String)
  /// The file system failed otherwise.
  case failed(FileError)
  /// An earlier failure left the end of the log unknown; nothing more is acknowledged.
  case stopped(cause: String)
  /// The store was closed, or opened for reading only.
  case notWritable(directory: String)

  /// Translates a file system's refusal.
  init(_ error: FileError) {
    switch error.kind {
    case .denied: self = .denied(error)
    case .full: self = .full(error)
    case .missing, .locked, .other: self = .failed(error)
    }
  }

  init(_ damage: Damage, in file: String) {
    self = .damaged(file: file, offset: damage.offset, finding: damage.finding)
  }

  package var description: String {
    switch self {
    case .missing(let directory):
      "no store at \"\(directory)\": the directory doesn't exist; create it, or check the path"
    case .foreign(let directory, let found):
      "\"\(directory)\" isn't a store: it holds \"\(found)\" but no ASSAY-STORE file; choose an "
        + "empty or a new directory"
    case .unknownFormat(let file, let found):
      "\(file): unknown store format \"\(found)\", this version reads \"\(StoreLayout.format)\"; "
        + "open it with the version that wrote it"
    case .inUse(let directory):
      "the store at \"\(directory)\" is in use by another process; stop it, or ask its HTTP API"
    case .denied(let error):
      "cannot \(error); give the user of this process the right to, or choose another directory"
    case .full(let error):
      "cannot \(error); free space, then send the samples again: nothing of them was kept"
    case .damaged(let file, let offset, let finding):
      "\(file) is damaged at offset \(offset): \(finding); nothing was changed, restore the file "
        + "from a copy, or let \"assay tsdb repair\" save what can be read"
    case .failed(let error):
      "cannot \(error)"
    case .stopped(let cause):
      "the store takes no more samples since \(cause); restart to recover what is on disk"
    case .notWritable(let directory):
      "the store at \"\(directory)\" is closed or was opened for reading only"
    }
  }
}
