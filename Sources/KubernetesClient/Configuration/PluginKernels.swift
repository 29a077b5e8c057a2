internal import Glibc

/// Runs a credential plugin: a program whose output is wanted and nothing else.
enum PluginProcess {
  /// The output of a shell command line, and its exit status; nil when it can't be run or prints
  /// more than `limitBytes`. Blocks until it ends.
  static func output(of commandLine: String, limitBytes: Int) -> (bytes: [UInt8], status: Int32)? {
    guard let stream = unsafe popen(commandLine, "r") else { return nil }
    var bytes: [UInt8] = []
    var isTooLong = false
    while true {
      var buffer = [UInt8](repeating: 0, count: 4096)
      let count = unsafe fread(&buffer, 1, buffer.count, stream)
      guard count > 0 else { break }
      isTooLong = isTooLong || bytes.count + count > limitBytes
      if !isTooLong { bytes += buffer[..<count] }
    }
    let status = unsafe pclose(stream)
    return isTooLong ? nil : (bytes, status)
  }
}
