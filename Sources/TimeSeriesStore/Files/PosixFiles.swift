internal import Glibc
internal import Synchronization

/// The file system of the operating system.
package struct PosixFiles: Files {
  package init() {}

  package func list(_ directory: String) throws(FileError) -> [String] {
    guard let stream = unsafe opendir(directory) else { throw failure("list", directory) }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { characters in
          unsafe String(cString: characters)
        }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  package func makeDirectory(_ path: String) throws(FileError) {
    guard unsafe mkdir(path, 0o777) != 0, errno != EEXIST else { return }
    throw failure("create directory", path)
  }

  package func read(_ path: String) throws(FileError) -> MappedBytes {
    let descriptor = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("open", path) }
    defer { _ = Glibc.close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw failure("inspect", path) }
    let size = Int(status.st_size)
    guard size > 0 else { return MappedBytes([]) }
    guard let address = unsafe mmap(nil, size, PROT_READ, MAP_SHARED, descriptor, 0),
      unsafe address != MAP_FAILED
    else { throw failure("map", path) }
    return unsafe MappedBytes(
      adopting: UnsafeRawBufferPointer(start: address, count: size),
      release: { unsafe _ = munmap(UnsafeMutableRawPointer(mutating: $0.baseAddress), $0.count) })
  }

  package func append(to path: String) throws(FileError) -> any AppendFile {
    let descriptor = unsafe Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw failure("open", path) }
    return PosixAppendFile(descriptor: descriptor, path: path)
  }

  package func rename(_ path: String, to target: String) throws(FileError) {
    guard unsafe Glibc.rename(path, target) == 0 else { throw failure("rename", path) }
  }

  package func link(_ path: String, to target: String) throws(FileError) {
    guard unsafe Glibc.link(path, target) == 0 else { throw failure("link", target) }
  }

  package func remove(_ path: String) throws(FileError) {
    guard unsafe Glibc.remove(path) == 0 else { throw failure("remove", path) }
  }

  package func syncDirectory(_ path: String) throws(FileError) {
    let descriptor = unsafe Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("open", path) }
    defer { _ = Glibc.close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure("sync", path) }
  }

  package func lock(_ path: String, _ mode: LockMode) throws(FileError) -> any FileLock {
    let flags = mode == .exclusive ? O_RDWR | O_CREAT | O_CLOEXEC : O_RDONLY | O_CLOEXEC
    let descriptor = unsafe Glibc.open(path, flags, 0o666)
    guard descriptor >= 0 else { throw failure("open", path) }
    let operation = (mode == .exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB
    guard flock(descriptor, operation) == 0 else {
      let isHeld = errno == EWOULDBLOCK
      let error = failure("lock", path)
      _ = Glibc.close(descriptor)
      throw isHeld ? FileError(.locked, "lock", path, "held by another process") : error
    }
    return PosixDescriptor(descriptor)
  }
}

/// Describes `errno`.
private func failure(_ operation: String, _ path: String) -> FileError {
  let code = errno
  let kind: FileError.Kind =
    switch code {
    case ENOENT, ENOTDIR: .missing
    case EACCES, EPERM, EROFS: .denied
    case ENOSPC, EDQUOT: .full
    default: .other
    }
  return FileError(kind, operation, path, unsafe String(cString: strerror(code)))
}

/// Owns a file descriptor; closing it drops its lock.
private final class PosixDescriptor: FileLock {
  private let descriptor: Mutex<CInt?>

  init(_ descriptor: CInt) { self.descriptor = Mutex(descriptor) }

  deinit { release() }

  func release() {
    descriptor.withLock { open in
      if let number = open { _ = Glibc.close(number) }
      open = nil
    }
  }

  /// Calls `body` with the descriptor, or answers false when it is closed.
  func use(_ body: (CInt) -> Bool) -> Bool {
    descriptor.withLock { open in
      guard let open else {
        errno = EBADF
        return false
      }
      return body(open)
    }
  }
}

private final class PosixAppendFile: AppendFile {
  private let descriptor: PosixDescriptor
  private let path: String

  init(descriptor: CInt, path: String) {
    self.descriptor = PosixDescriptor(descriptor)
    self.path = path
  }

  func append(_ bytes: [UInt8]) throws(FileError) {
    let isWritten = descriptor.use { number in
      unsafe bytes.withUnsafeBytes { buffer in
        var done = 0
        while done < buffer.count {
          let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[done...])
          let count = unsafe write(number, rest.baseAddress, rest.count)
          if count < 0 && errno == EINTR { continue }
          guard count > 0 else { return false }
          done += count
        }
        return true
      }
    }
    guard isWritten else { throw failure("write", path) }
  }

  func sync() throws(FileError) {
    guard descriptor.use({ fdatasync($0) == 0 }) else { throw failure("sync", path) }
  }

  func truncate(to size: Int) throws(FileError) {
    guard descriptor.use({ ftruncate($0, size) == 0 }) else { throw failure("truncate", path) }
  }

  func close() { descriptor.release() }
}
