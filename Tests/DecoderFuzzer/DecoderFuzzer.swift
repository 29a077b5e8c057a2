import CFuzzer
import Glibc

/// Lets libFuzzer look for input that crashes a decoder, or makes it slow or greedy.
///
///     make fuzz FUZZ_SECONDS=60
///     .build/fuzz/debug/DecoderFuzzer list
///     .build/fuzz/debug/DecoderFuzzer seeds promql FOLDER
///     .build/fuzz/debug/DecoderFuzzer run promql FOLDER -max_total_time=60
///
/// An error is a fine answer to any input; a trap, a hang or a gigabyte isn't.
@main
enum DecoderFuzzer {
  nonisolated(unsafe) fileprivate static var decoder = FuzzedDecoder.all[0]

  static func main() throws {
    let arguments = CommandLine.arguments
    switch (arguments.dropFirst().first, arguments.dropFirst(2).first) {
    case ("list", nil):
      for decoder in FuzzedDecoder.all { print(decoder.name) }
    case ("seeds", let name?) where arguments.count == 4:
      for (number, seed) in try decoder(named: name).seeds.enumerated() {
        try write(seed, to: "\(arguments[3])/seed-\(number)")
      }
    case ("run", let name?):
      unsafe decoder = try decoder(named: name)
      exit(run([arguments[0]] + arguments.dropFirst(3)))
    default:
      print("usage: DecoderFuzzer list | seeds NAME FOLDER | run NAME FOLDER OPTIONS…")
      exit(64)
    }
  }

  private struct Unknown: Error { var name: String }

  private static func decoder(named name: String) throws -> FuzzedDecoder {
    guard let found = FuzzedDecoder.all.first(where: { $0.name == name }) else {
      throw Unknown(name: name)
    }
    return found
  }

  private static func write(_ bytes: [UInt8], to path: String) throws {
    guard let file = unsafe fopen(path, "w") else { throw Unknown(name: path) }
    defer { unsafe fclose(file) }
    unsafe fwrite(bytes, 1, bytes.count, file)
  }

  /// Hands over to libFuzzer, which calls back with each input.
  private static func run(_ arguments: [String]) -> Int32 {
    var count = Int32(arguments.count)
    var texts = unsafe arguments.map { unsafe strdup($0) } + [nil]
    return unsafe texts.withUnsafeMutableBufferPointer { buffer in
      var start = buffer.baseAddress
      return unsafe LLVMFuzzerRunDriver(&count, &start, tryInput)
    }
  }
}

/// What libFuzzer calls with each input; its library asks for this name.
@_cdecl("LLVMFuzzerTestOneInput")
func tryInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
  let input = unsafe Array(UnsafeBufferPointer(start: data, count: size))
  // Anything but an error ends the process: then libFuzzer keeps the input.
  try? unsafe DecoderFuzzer.decoder.decode(input)
  return 0
}
