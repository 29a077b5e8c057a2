internal import CCredentials

/// 32 bytes that stand for a text which mustn't be kept.
struct Digest: Hashable, Sendable {
  let bytes: [UInt8]

  /// SHA-256 (FIPS 180-4).
  init(of text: some Sequence<UInt8>) {
    let text = Array(text)
    var digest = [UInt8](repeating: 0, count: 32)
    unsafe text.withUnsafeBufferPointer { text in
      unsafe digest.withUnsafeMutableBufferPointer { digest in
        unsafe assay_sha256(text.baseAddress, text.count, digest.baseAddress)
      }
    }
    bytes = digest
  }

  /// 64 hexadecimal digits, as `sha256sum` prints them; nil for anything else.
  init?(hexadecimal text: String) {
    let digits = text.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
    guard text.utf8.count == 64, digits.count == 64 else { return nil }
    bytes = (0..<32).map { UInt8(digits[2 * $0] << 4 | digits[2 * $0 + 1]) }
  }

  /// In a time that doesn't depend on how much of it is the same.
  func equals(_ other: Digest) -> Bool {
    unsafe bytes.withUnsafeBufferPointer { left in
      unsafe other.bytes.withUnsafeBufferPointer { right in
        unsafe assay_equal_bytes(left.baseAddress, right.baseAddress, 32)
      }
    }
  }
}

/// Bcrypt, slow on purpose: some 50 ms at a cost of 10, twice that for each more.
enum PasswordHash {
  /// `$2a$`, `$2b$` or `$2y$`, a cost from 04 to 31, and 53 letters.
  static func isWellFormed(_ hash: String) -> Bool {
    let bytes = Array(hash.utf8)
    guard bytes.count == 60, ["$2a$", "$2b$", "$2y$"].contains(hash.prefix(4)),
      let cost = Int(hash.dropFirst(4).prefix(2)), (4...31).contains(cost),
      bytes[6] == UInt8(ascii: "$")
    else { return false }
    return bytes[7...].allSatisfy { byte in
      (0x61...0x7a).contains(byte | 0x20) && byte >= 0x41 || (0x2e...0x39).contains(byte)
    }
  }

  static func matches(_ password: String, _ hash: String) -> Bool {
    // In C a text ends at its first zero byte: "a\0b" must not pass for "a".
    guard !password.utf8.contains(0), !hash.utf8.contains(0) else { return false }
    return unsafe assay_bcrypt_matches(password, hash)
  }
}
