internal import CPosix
internal import Glibc
internal import SystemPackage

/// What only the system can do to files, each false where it refuses.
enum Disk {
  /// What the file holds survives the loss of power.
  static func sync(_ file: FileDescriptor) -> Bool { fdatasync(file.rawValue) == 0 }

  /// The same for all that was written to the file system on which this file is.
  static func syncAll(beside file: FileDescriptor) -> Bool {
    assay_sync_file_system(file.rawValue)
  }

  static func truncate(_ file: FileDescriptor, to sizeBytes: Int) -> Bool {
    ftruncate(file.rawValue, sizeBytes) == 0
  }
}
