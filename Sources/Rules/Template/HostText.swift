/// Host names, addresses and escapes, as templates take them apart.
enum HostText {
  /// Go's `net.SplitHostPort`; nil where it would fail.
  static func split(_ text: String) -> (host: String, port: String)? {
    guard let colon = text.lastIndex(of: ":") else { return nil }
    let port = text[text.index(after: colon)...]
    if text.hasPrefix("[") {
      guard let close = text.firstIndex(of: "]"), text.index(after: close) == colon else {
        return nil
      }
      return (String(text[text.index(after: text.startIndex)..<close]), String(port))
    }
    let host = text[..<colon]
    guard !host.contains(where: { $0 == ":" || $0 == "[" || $0 == "]" }) else { return nil }
    return (String(host), String(port))
  }

  /// The host of `host:port`; anything else as it is.
  static func withoutPort(_ text: String) -> String { split(text)?.host ?? text }

  /// The first label of a host name, its port kept; addresses as they are.
  static func withoutDomain(_ text: String) -> String {
    let parts = split(text)
    let host = parts?.host ?? text
    guard !isAddress(host) else { return text }
    let short = host.prefix { $0 != "." }
    guard let port = parts?.port, !port.isEmpty else { return String(short) }
    return short.contains(":") ? "[\(short)]:\(port)" : "\(short):\(port)"
  }

  private static func isAddress(_ host: String) -> Bool {
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    if parts.count == 4, parts.allSatisfy({ UInt8($0) != nil }) { return true }
    return host.contains(":") && host.allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." }
  }

  /// The first letter of each word in upper case, the rest as it is.
  static func title(_ text: String) -> String {
    var result = ""
    var isInside = false
    for character in text {
      let isLetter = character.isLetter || character.isNumber || character == "'"
      result += isLetter && !isInside ? character.uppercased() : String(character)
      isInside = isLetter
    }
    return result
  }

  /// Go's `url.QueryEscape`.
  static func queryEscaped(_ text: String) -> String {
    var result = ""
    for byte in text.utf8 {
      switch byte {
      case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "-"), UInt8(ascii: "_"),
        UInt8(ascii: "."), UInt8(ascii: "~"):
        result.unicodeScalars.append(Unicode.Scalar(byte))
      case 0x20: result += "+"
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        result += "%" + (digits.utf8.count == 1 ? "0" : "") + digits
      }
    }
    return result
  }

  static func htmlEscaped(_ text: String) -> String {
    var result = ""
    for character in text.unicodeScalars {
      switch character {
      case "\"": result += "&#34;"
      case "'": result += "&#39;"
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\0": result += "\u{fffd}"
      default: result.unicodeScalars.append(character)
      }
    }
    return result
  }

  /// The path of an address, without a query.
  static func path(ofURL url: String) -> String {
    let afterScheme = url.firstRange(of: "://").map { url[$0.upperBound...] } ?? url[...]
    guard let slash = afterScheme.firstIndex(of: "/") else { return "" }
    return String(afterScheme[slash...].prefix { $0 != "?" && $0 != "#" })
  }
}
