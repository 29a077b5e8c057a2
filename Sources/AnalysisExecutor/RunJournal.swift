internal import FoundationEssentials
internal import SystemPackage

/// Where runs are written down before anything is done about them: an origin and one line an event.
package protocol RunJournal: Sendable {
  /// The runs that are written down.
  func names() throws(JournalError) -> [String]
  /// The lines of a run, the first one its origin; a line that was cut by a crash is left out.
  func lines(of run: String) throws(JournalError) -> [String]
  /// Adds lines at the end.
  func append(_ lines: [String], to run: String) throws(JournalError)
  /// Puts lines in the place of all there were, or makes the run.
  func replace(_ lines: [String], of run: String) throws(JournalError)
  func remove(_ run: String) throws(JournalError)
}

/// Why a journal can't be read or written; names the file.
package struct JournalError: Error, Equatable, CustomStringConvertible {
  package var description: String

  package init(_ description: String) {
    self.description = description
  }
}

/// A journal of files, one for each run: `<directory>/<name>.jsonl`.
///
/// Appending survives the end of the process at any point. It isn't forced to the disk, so after
/// the end of the machine the last seconds may be missing: those measurements are then taken again.
package struct FileJournal: RunJournal {
  private let directory: FilePath
  private static let ending = ".jsonl"

  /// Makes the directory where it is missing.
  package init(directory path: String) throws(JournalError) {
    directory = FilePath(path)
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw JournalError("\(path): \(error)")
    }
  }

  package func names() throws(JournalError) -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: directory.string)
        .filter { $0.hasSuffix(Self.ending) }
        .compactMap { Self.decoded(String($0.dropLast(Self.ending.count))) }.sorted()
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

  package func append(_ lines: [String], to run: String) throws(JournalError) {
    try write(lines, to: file(of: run), [.append, .create])
  }

  package func replace(_ lines: [String], of run: String) throws(JournalError) {
    let path = file(of: run)
    let draft = FilePath(path.string + ".new")
    try write(lines, to: draft, [.truncate, .create])
    guard renames(draft.string, to: path.string) else {
      throw JournalError("\(path): can't be replaced by \(draft)")
    }
  }

  package func remove(_ run: String) throws(JournalError) {
    do {
      try FileManager.default.removeItem(atPath: file(of: run).string)
    } catch {
      throw JournalError("\(file(of: run)): \(error)")
    }
  }

  private func write(
    _ lines: [String], to path: FilePath, _ options: FileDescriptor.OpenOptions
  ) throws(JournalError) {
    var bytes: [UInt8] = []
    for line in lines { bytes += Array(line.utf8) + [10] }
    do {
      let file = try FileDescriptor.open(
        path, .writeOnly, options: options, permissions: .ownerReadWrite)
      _ = try file.closeAfter { try file.writeAll(bytes) }
    } catch {
      throw JournalError("\(path): \(error)")
    }
  }

  private func file(of run: String) -> FilePath {
    directory.appending(FormText.escaped(run) + Self.ending)
  }

  /// The name behind `FormText.escaped`; nil for a file that isn't ours.
  private static func decoded(_ text: String) -> String? {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      let digits = String(decoding: rest.prefix(2), as: UTF8.self)
      guard digits.utf8.count == 2, let code = UInt8(digits, radix: 16) else { return nil }
      bytes.append(code)
      rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
