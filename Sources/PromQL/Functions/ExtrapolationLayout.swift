internal import MetricModel
internal import Synchronization

/// Where the windows of a grid lie in a column of times, and by what a change in each is scaled.
///
/// All series of one target have the same times, so this is found once for each target: what is
/// left to do for a series is a difference and a product at each step. An object: a copy for
/// each series would count a reference for the times and one for the steps.
final class ExtrapolationLayout: Sendable {
  struct Step {
    var first: UInt32
    /// The end, and above it whether the samples are long: as a field of its own it would make of
    /// 16 bytes 24.
    private var bits: UInt32
    /// As if no counter started within the window.
    var scale: Double

    private static let isLongBit: UInt32 = 1 << 31

    init(first: Int, end: Int, isLong: Bool, scale: Double) {
      self.first = UInt32(truncatingIfNeeded: first)
      bits = UInt32(truncatingIfNeeded: end) & ~Self.isLongBit | (isLong ? Self.isLongBit : 0)
      self.scale = scale
    }

    /// One past the last sample; 0 where there are fewer than two.
    @inline(__always) var end: UInt32 { bits & ~Self.isLongBit }
    /// Whether the samples lie further apart than the first from the window's start.
    @inline(__always) var isLong: Bool { bits & Self.isLongBit != 0 }
  }

  let times: [Int64]
  let grid: WindowGrid
  let isRate: Bool
  let steps: [Step]
  /// Whether any window has two samples.
  let isAnyPresent: Bool

  /// Cancelled, the layout ends early.
  ///
  /// - Parameter kernel: of the function at hand.
  init(
    _ kernel: borrowing ExtrapolationKernel, _ times: [Int64], _ grid: WindowGrid,
    _ cancellation: inout CancellationPoint
  ) {
    var steps: [Step] = []
    steps.reserveCapacity(grid.count)
    let span = times.span
    var (first, end) = (0, 0)
    for step in 0..<grid.count {
      // A step costs about as much as a look at eight values.
      if cancellation.spend(8) { break }
      let endTime = grid.end(step)
      let startTime = endTime &- grid.range
      while end < span.count && span[end] <= endTime { end &+= 1 }
      while first < end && span[first] <= startTime { first &+= 1 }
      guard end - first >= 2 else {
        steps.append(Step(first: 0, end: 0, isLong: false, scale: 0))
        continue
      }
      let gaps = WindowGaps(
        toStart: span[first] &- startTime, toEnd: endTime &- span[end &- 1],
        sampled: span[end &- 1] &- span[first], count: end &- first)
      let scale = kernel.scale(of: gaps)
      steps.append(
        Step(
          first: first, end: end, isLong: scale.isLong, scale: scale.full))
    }
    self.times = times
    self.grid = grid
    self.isRate = kernel.isRate
    self.steps = steps
    isAnyPresent = steps.contains { $0.end > 0 }
  }

  var sizeBytes: Int { times.count * 8 + steps.count * MemoryLayout<Step>.stride }

  func fits(isRate: Bool, _ times: [Int64], _ grid: WindowGrid) -> Bool {
    isRate == self.isRate && grid == self.grid && haveSameBits(times, self.times)
  }
}

/// The layouts that the workers of a query have found.
final class LayoutCache: Sendable {
  /// Columns of targets differ in their first and last times mostly; the offsets of scrapes are
  /// milliseconds.
  private struct Key: Hashable {
    var first: Int64
    var last: Int64
    var count: Int
    var isRate: Bool

    init(_ times: [Int64], isRate: Bool) {
      first = times.first ?? 0
      last = times.last ?? 0
      count = times.count
      self.isRate = isRate
    }
  }

  private struct Contents {
    var layouts: [Key: ExtrapolationLayout] = [:]
    var sizeBytes = 0
  }

  private static let sizeBytesMax = 8 << 20
  private let contents = Mutex(Contents())

  /// The layout of a column of times, found now where it isn't known.
  func layout(
    _ kernel: borrowing ExtrapolationKernel, _ times: [Int64], _ grid: WindowGrid,
    _ cancellation: inout CancellationPoint
  ) -> ExtrapolationLayout {
    let key = Key(times, isRate: kernel.isRate)
    let known = contents.withLock { $0.layouts[key] }
    if let known, known.fits(isRate: kernel.isRate, times, grid) { return known }
    let layout = ExtrapolationLayout(kernel, times, grid, &cancellation)
    if cancellation.hasFired { return layout }
    contents.withLock { contents in
      let size = contents.sizeBytes + layout.sizeBytes - (contents.layouts[key]?.sizeBytes ?? 0)
      if size <= Self.sizeBytesMax {
        contents.layouts[key] = layout
        contents.sizeBytes = size
      }
    }
    return layout
  }
}
