import MetricModel

/// What stands between the values of a series' points, `"],[1700000000.25,"`: the series of a range
/// query share their times, so these texts are written once.
struct PointOpenings: Equatable, Sendable {
  private var times: [Int64] = []
  /// A slot for each, and one to spare.
  private var slots: [UInt8] = []
  /// How long each of them is.
  private var sizes: [UInt8] = []

  private static let closing = Array("\"]".utf8)
  /// Of a point's end and the comma behind it.
  private static let closingSize = 3
  /// What is written at once, so that there is little room to spare.
  private static let batchPoints = 64

  /// Prepares for points at these times, in milliseconds and ascending.
  mutating func prepare(for times: [Int64]) {
    if covers(times) { return }
    self.times = times
    slots.removeAll(keepingCapacity: true)
    sizes.removeAll(keepingCapacity: true)
    for time in times {
      let start = slots.count
      slots += Self.closing
      slots.append(UInt8(ascii: ","))
      Self.append(time, to: &slots)
      let size = slots.count - start
      sizes.append(UInt8(truncatingIfNeeded: size))
      slots.append(contentsOf: repeatElement(0, count: ByteSlot.size - size))
    }
    slots.append(contentsOf: repeatElement(0, count: ByteSlot.size))
  }

  /// Whether the texts of all these times are there: series with gaps have some of the others'.
  private func covers(_ times: [Int64]) -> Bool {
    if times == self.times { return true }
    var place = 0
    for time in times {
      while place < self.times.count && self.times[place] < time { place &+= 1 }
      if place == self.times.count || self.times[place] != time { return false }
    }
    return true
  }

  /// `[seconds,"value"],…`: points at times that were prepared for.
  func appendPoints(_ times: Span<Int64>, _ values: Span<Double>, to output: inout [UInt8]) {
    let (known, slots, sizes) = (self.times.span, slots.span, sizes.span)
    var place = 0
    var first = 0
    while first < times.count {
      let batch = first..<min(first &+ Self.batchPoints, times.count)
      output.append(addingCapacity: batch.count * (ByteSlot.size + NumberText.jsonSizeMax)) {
        room in
        for index in batch {
          while known[place] != times[index] { place &+= 1 }
          // Nothing has to be closed before the first one.
          let skipped = index == 0 ? Self.closingSize : 0
          appendBytes(
            ofSlot: place, from: skipped, count: Int(sizes[place]) &- skipped, of: slots, to: &room)
          NumberText.appendJSON(values[index], to: &room)
        }
      }
      first = batch.upperBound
    }
    if !times.isEmpty { output += Self.closing }
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
