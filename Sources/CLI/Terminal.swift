internal import Glibc
internal import SystemPackage

/// Where the commands write.
enum Terminal {
  static func print(_ text: String) { write(Array(text.utf8) + [UInt8(ascii: "\n")]) }

  static func write(_ bytes: [UInt8]) { write(bytes, to: .standardOutput) }

  /// Standard error, so that answers on standard output stay clean.
  static func complain(_ text: String) {
    write(Array(text.utf8) + [UInt8(ascii: "\n")], to: .standardError)
  }

  /// The same without ending the line.
  static func tell(_ text: String) { write(Array(text.utf8), to: .standardError) }

  private static func write(_ bytes: [UInt8], to descriptor: FileDescriptor) {
    do {
      try descriptor.writeAll(bytes)
    } catch {
      // A reader that went away (`assay query … | head`) or a closed terminal: nobody is left to
      // be told.
    }
  }

  /// Whether standard output is a person's screen.
  static var isInteractive: Bool { isatty(STDOUT_FILENO) == 1 }
}
