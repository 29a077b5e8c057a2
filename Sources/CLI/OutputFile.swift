internal import SystemPackage

/// A file that is written from its beginning, or standard output under the name `-`.
final class OutputFile {
  private let path: String
  private let descriptor: FileDescriptor

  init(_ path: String) throws {
    self.path = path
    do {
      descriptor =
        path == "-"
        ? .standardOutput
        : try FileDescriptor.open(
          FilePath(path), .writeOnly, options: [.create, .truncate],
          permissions: [.ownerReadWrite, .groupRead, .otherRead])
    } catch {
      throw CommandError("\(path): cannot be written: \(error)")
    }
  }

  func write(_ bytes: [UInt8]) throws {
    do {
      try descriptor.writeAll(bytes)
    } catch {
      throw CommandError("\(path): cannot be written: \(error)")
    }
  }

  func close() {
    guard path != "-" else { return }
    do { try descriptor.close() } catch {
      Terminal.complain("assay: \(path): could not be closed: \(error)")
    }
  }
}
