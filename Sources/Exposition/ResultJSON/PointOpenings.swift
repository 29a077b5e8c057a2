import MetricModel

/// How the points of a series begin, `[1700000000.25,"`: the series of a range query share their
/// times, so these are written once.
struct PointOpenings: Equatable, Sendable {
  private var times: [Int64] = []
  /// The beginnings one after the other.
  private(set) var text: [UInt8] = []
  /// Where each of them ends in the text, after a 0.
  private(set) var ends: [Int] = [0]

  /// Prepares for points at these times, in milliseconds.
  mutating func prepare(for times: [Int64]) {
    if times == self.times { return }
    self.times = times
    text.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    ends.append(0)
    for time in times {
      Self.append(time, to: &text)
      ends.append(text.count)
    }
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
