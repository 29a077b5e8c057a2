extension NumberText {
  /// Go's `%.Ne`: one digit before the point, `decimals` (0 to 100) after it.
  package static func scientific(_ value: Double, decimals: Int) -> String {
    guard value.isFinite else { return plain(value) }
    return DecimalDigits.scientific(value, precision: Int32(min(max(decimals, 0), 100)))
  }

  /// Go's `%.Nf`: `decimals` (0 to 100) digits after the point.
  package static func fixed(_ value: Double, decimals: Int) -> String {
    guard value.isFinite else { return plain(value) }
    return DecimalDigits.fixed(value, precision: Int32(min(max(decimals, 0), 100)))
  }

  /// The digits of a finite value rounded to `count` (1 to 101) of them, without sign and point,
  /// and the exponent of the first: 0.0123 in two digits is `12`, -2.
  package static func digits(_ value: Double, count: Int) -> (text: String, exponent: Int) {
    let spelled = scientific(value.magnitude, decimals: count - 1)
    let parts = spelled.split(separator: "e")
    guard parts.count == 2 else { return ("0", 0) }
    return (parts[0].filter { $0 != "." }, Int(parts[1]) ?? 0)
  }
}
