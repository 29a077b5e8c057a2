internal import Glibc

/// What tells that a file is another one than before, without reading it.
struct FileStamp: Equatable, Sendable {
  private var device: UInt64 = 0
  private var inode: UInt64 = 0
  private var sizeBytes: Int64 = 0
  private var changedSeconds = 0
  private var changedNanoseconds = 0

  /// A file that isn't there has a stamp too.
  init(_ path: String) {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return }
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    sizeBytes = Int64(status.st_size)
    changedSeconds = status.st_mtim.tv_sec
    changedNanoseconds = status.st_mtim.tv_nsec
  }
}
