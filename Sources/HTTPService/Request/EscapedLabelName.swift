/// Names beyond `[a-zA-Z_][a-zA-Z0-9_]*` in a path, as Prometheus escapes them: `U__` in front,
/// `__` for an underscore, `_2e_` for the character U+002E.
///
///     EscapedLabelName.decode("U__my_2e_label")     // "my.label"
///     EscapedLabelName.decode("job")                // "job"
enum EscapedLabelName {
  /// A name without the prefix, or with a broken escape, stands for itself.
  static func decode(_ name: String) -> String {
    guard name.hasPrefix("U__") else { return name }
    var decoded = ""
    var rest = name.dropFirst(3)
    while let character = rest.first {
      rest = rest.dropFirst()
      guard character == "_" else {
        decoded.append(character)
        continue
      }
      if rest.first == "_" {
        decoded.append("_")
        rest = rest.dropFirst()
        continue
      }
      let digits = rest.prefix { $0 != "_" }
      guard !digits.isEmpty, digits.count <= 6, digits.count < rest.count,
        digits.allSatisfy(\.isHexDigit), let code = UInt32(digits, radix: 16),
        let scalar = Unicode.Scalar(code)
      else { return name }
      decoded.unicodeScalars.append(scalar)
      rest = rest.dropFirst(digits.count + 1)
    }
    return decoded
  }
}
