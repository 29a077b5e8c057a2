import MetricModel

/// `%41` and `+`, as forms and addresses spell bytes.
enum PercentDecoding {
  /// - Parameter plusIsSpace: true in queries and forms, false in paths.
  /// - Throws: `APIError` with Go's words for a broken escape.
  static func decode(
    _ text: some Collection<UInt8>, plusIsSpace: Bool
  ) throws(APIError) -> String {
    let bytes = Array(text)
    var decoded: [UInt8] = []
    decoded.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      index += 1
      if byte == UInt8(ascii: "+") && plusIsSpace {
        decoded.append(UInt8(ascii: " "))
      } else if byte == UInt8(ascii: "%") {
        guard index + 1 < bytes.count, let high = PercentEncoding.digit(bytes[index]),
          let low = PercentEncoding.digit(bytes[index + 1])
        else {
          let escape = String(decoding: bytes[(index - 1)...].prefix(3), as: UTF8.self)
          throw APIError(
            .badData, "error parsing form values: invalid URL escape \(GoText.quoted(escape))")
        }
        decoded.append(high << 4 | low)
        index += 2
      } else {
        decoded.append(byte)
      }
    }
    guard let valid = String(validating: decoded, as: UTF8.self) else {
      throw APIError(
        .badData, "error parsing form values: a parameter is not valid UTF-8")
    }
    return valid
  }
}
