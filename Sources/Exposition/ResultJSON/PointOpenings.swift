import MetricModel

/// What stands between the values of a series' points, `"],[1700000000.25,"`: the series of a range
/// query share their times, so these texts are written once.
struct PointOpenings: Equatable, Sendable {
  private var times: [Int64] = []
  /// One after the other.
  private var text: [UInt8] = []
  /// Where each of them ends in the text, after a 0.
  private var ends: [Int] = [0]

  private static let closing = Array("\"]".utf8)

  /// Prepares for points at these times, in milliseconds.
  mutating func prepare(for times: [Int64]) {
    if times == self.times { return }
    self.times = times
    text.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    ends.append(0)
    for time in times {
      text += Self.closing
      text.append(UInt8(ascii: ","))
      Self.append(time, to: &text)
      ends.append(text.count)
    }
  }

  /// `[seconds,"value"],…`: a point for each of the times.
  func appendPoints(_ values: Span<Double>, to output: inout [UInt8]) {
    // Nothing has to be closed before the first one.
    var start = Self.closing.count + 1
    for index in values.indices {
      let end = ends[index + 1]
      appendBytes(text.span.extracting(start..<end), to: &output)
      NumberText.appendJSON(values[index], to: &output)
      start = end
    }
    if !values.isEmpty { output += Self.closing }
  }

  /// One beginning.
  static func append(_ milliseconds: Int64, to text: inout [UInt8]) {
    text.append(UInt8(ascii: "["))
    appendSeconds(milliseconds, to: &text)
    text.append(UInt8(ascii: ","))
    text.append(UInt8(ascii: "\""))
  }

  /// Seconds with three decimals unless whole.
  static func appendSeconds(_ milliseconds: Int64, to text: inout [UInt8]) {
    if milliseconds < 0 { text.append(UInt8(ascii: "-")) }
    let magnitude = milliseconds.magnitude
    NumberText.appendInteger(Int64(magnitude / 1000), to: &text)
    let fraction = magnitude % 1000
    guard fraction != 0 else { return }
    text.append(UInt8(ascii: "."))
    for divisor: UInt64 in [100, 10, 1] {
      text.append(UInt8(truncatingIfNeeded: 0x30 + fraction / divisor % 10))
    }
  }
}
