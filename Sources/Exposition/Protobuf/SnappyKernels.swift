import CSnappy

/// Snappy's block format, as remote write sends it.
enum Snappy {
  /// The size that a compressed text claims to have; nil when it isn't Snappy.
  static func declaredSize(of compressed: [UInt8]) -> Int? {
    var size = 0
    let isValid = unsafe compressed.withUnsafeBufferPointer { bytes in
      unsafe bytes.withMemoryRebound(to: CChar.self) { characters in
        unsafe snappy_uncompressed_length(characters.baseAddress, characters.count, &size)
          == SNAPPY_OK
      }
    }
    return isValid ? size : nil
  }

  /// Nil when the bytes are damaged.
  ///
  /// - Parameter size: what `declaredSize(of:)` said, once it has been found acceptable.
  static func decompress(_ compressed: [UInt8], size: Int) -> [UInt8]? {
    var isValid = false
    let result = unsafe [UInt8](unsafeUninitializedCapacity: max(size, 1)) { buffer, count in
      var length = size
      unsafe compressed.withUnsafeBufferPointer { input in
        unsafe input.withMemoryRebound(to: CChar.self) { characters in
          unsafe buffer.withMemoryRebound(to: CChar.self) { output in
            isValid =
              unsafe snappy_uncompress(
                characters.baseAddress, characters.count, output.baseAddress, &length)
              == SNAPPY_OK
          }
        }
      }
      count = isValid ? length : 0
    }
    return isValid ? result : nil
  }

  static func compress(_ bytes: [UInt8]) -> [UInt8] {
    let capacity = snappy_max_compressed_length(bytes.count)
    return unsafe [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
      count = capacity
      unsafe bytes.withUnsafeBufferPointer { input in
        unsafe input.withMemoryRebound(to: CChar.self) { characters in
          unsafe buffer.withMemoryRebound(to: CChar.self) { output in
            // Fails only when the output is too small, which it can't be.
            _ = unsafe snappy_compress(
              characters.baseAddress, characters.count, output.baseAddress, &count)
          }
        }
      }
    }
  }
}
