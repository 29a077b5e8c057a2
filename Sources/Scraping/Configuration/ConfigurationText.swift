package import Manifest

/// A configuration as text again, without its secrets: what `/api/v1/status/config` shows.
package enum ConfigurationText {
  /// What stands in the place of a secret.
  package static let secret = "<secret>"

  /// The fields whose values nobody may see.
  private static let secretFields: Set<String> = [
    "password", "credentials", "bearer_token", "secret_key", "client_secret", "secret", "secrets",
    "auth_token", "api_token", "application_secret", "client_certificate_key",
  ]

  /// YAML in blocks, fields in the order of the file.
  package static func yaml(_ document: ManifestNode) -> String {
    var lines: [String] = []
    write(document, indent: 0, prefix: "", to: &lines)
    return lines.joined(separator: "\n") + "\n"
  }

  /// - Parameter prefix: what the first line begins with: spaces, or a dash.
  private static func write(
    _ node: ManifestNode, indent: Int, prefix: String, to lines: inout [String]
  ) {
    let margin = String(repeating: " ", count: indent)
    switch node.content {
    case .map(let entries) where !entries.isEmpty:
      for (number, entry) in entries.enumerated() {
        let start = (number == 0 ? prefix : margin) + scalar(entry.key) + ":"
        let value = hidden(entry)
        switch value.content {
        case .map(let inner) where !inner.isEmpty:
          lines.append(start)
          write(value, indent: indent + 2, prefix: margin + "  ", to: &lines)
        case .list(let inner) where !inner.isEmpty:
          lines.append(start)
          write(value, indent: indent, prefix: margin, to: &lines)
        default: lines.append("\(start) \(inline(value))")
        }
      }
    case .list(let elements) where !elements.isEmpty:
      for (number, element) in elements.enumerated() {
        let start = (number == 0 ? prefix : margin) + "- "
        write(element, indent: indent + 2, prefix: start, to: &lines)
      }
    default: lines.append(prefix + inline(node))
    }
  }

  private static func hidden(_ entry: ManifestEntry) -> ManifestNode {
    guard secretFields.contains(entry.key) else {
      guard entry.key == "url" || entry.key == "proxy_url", let url = entry.value.asText else {
        return entry.value
      }
      return ManifestNode(.text(withoutPassword(url)))
    }
    guard let list = entry.value.asList else { return ManifestNode(.text(secret)) }
    return ManifestNode(.list(list.map { _ in ManifestNode(.text(secret)) }))
  }

  /// `http://user:password@host` without the password.
  private static func withoutPassword(_ url: String) -> String {
    guard let slashes = url.firstRange(of: "://") else { return url }
    let authority = url[slashes.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    guard let at = authority.lastIndex(of: "@"),
      let colon = authority[..<at].firstIndex(of: ":")
    else { return url }
    return url[...colon] + secret + url[at...]
  }

  private static func inline(_ node: ManifestNode) -> String {
    switch node.content {
    case .null: "null"
    case .bool(let truth): "\(truth)"
    case .integer(let integer): "\(integer)"
    case .number(let number): JSONValue.number(number).spelled
    case .text(let text): scalar(text)
    case .list: "[]"
    case .map: "{}"
    }
  }

  /// A text without quotes where it stays the same text, else in JSON's quotes, which YAML knows.
  private static func scalar(_ text: String) -> String {
    let plain = text.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
        || "_-./<>:".utf8.contains(byte)
    }
    let isOpen =
      text.isEmpty || text.hasSuffix(":") || ["-", ":", ">", "."].contains { text.hasPrefix($0) }
    return plain && !isOpen ? text : JSONValue.quoted(text)
  }
}
