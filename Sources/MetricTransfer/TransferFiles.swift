/// The files that a configuration names, as the shells here see them: a port, so that tests need no
/// disk.
package struct TransferFiles: Sendable {
  /// The paths that a pattern with `*` means, sorted.
  package var matching: @Sendable (String) throws -> [String]
  /// A file's bytes.
  package var read: @Sendable (String) throws -> [UInt8]

  package init(
    matching: @escaping @Sendable (String) throws -> [String],
    read: @escaping @Sendable (String) throws -> [UInt8]
  ) {
    self.matching = matching
    self.read = read
  }

  /// The text of a file without blanks at its ends, as secrets are kept.
  func secret(_ path: String) throws -> String {
    let text = String(decoding: try read(path), as: UTF8.self)
    let blanks: Set<Character> = [" ", "\t", "\n", "\r", "\r\n"]
    return String(
      text.drop { blanks.contains($0) }.reversed().drop { blanks.contains($0) }.reversed())
  }
}
