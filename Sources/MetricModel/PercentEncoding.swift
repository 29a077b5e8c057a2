/// Texts in addresses and forms: unreserved characters stay, other bytes become `%41`
/// (RFC 3986, sections 2.1 and 2.3).
///
/// ```swift
/// PercentEncoding.escaped("a b/é")                     // "a%20b%2F%C3%A9"
/// PercentEncoding.form([("query", "up == 1")])         // "query=up%20%3D%3D%201"
/// ```
package enum PercentEncoding {
  /// - Parameter plain: characters that stay as they are beside letters, digits and `-._~`.
  package static func escaped(_ text: String, keeping plain: String = "") -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var result: [UInt8] = []
    for byte in text.utf8 {
      let isKept =
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        default: "-._~".utf8.contains(byte) || plain.utf8.contains(byte)
        }
      if isKept {
        result.append(byte)
      } else {
        result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// The text behind `escaped`; nil for a broken escape or what isn't UTF-8.
  package static func decoded(_ text: String) -> String? {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit)
      else { return nil }
      bytes.append(high << 4 | low)
    }
    return String(validating: bytes, as: UTF8.self)
  }

  /// The value of a hexadecimal digit.
  package static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x41 + 10
    case 0x61...0x66: byte - 0x61 + 10
    default: nil
    }
  }

  /// The content type of `form`.
  package static let formType = "application/x-www-form-urlencoded"

  /// Fields in their order, as the query of an address or the body of a form.
  package static func form(_ fields: [(String, String)]) -> String {
    fields.map { "\(escaped($0))=\(escaped($1))" }.joined(separator: "&")
  }
}
