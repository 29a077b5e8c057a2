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
    /// One past the last sample; 0 where there are fewer than two.
    var end: UInt32
    /// Whether the samples lie further apart than the first from the window's start.
    var isLong: Bool
    /// As if no counter started within the window.
    var scale: Double
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
    _ kernel: ExtrapolationKernel, _ times: [Int64], _ grid: WindowGrid,
    _ cancellation: inout CancellationPoint
  ) {
    var kernel = kernel
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
      let place = WindowPlace(
        first: first, end: end, startTime: startTime, endTime: endTime, step: step,
        evaluationTime: 0)
      steps.append(kernel.layoutStep(place, span))
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
  private struct Contents {
    var slots = [ExtrapolationLayout?](repeating: nil, count: slotCount)
    var sizeBytes = 0
  }

  private static let slotCount = 512
  private static let sizeBytesMax = 8 << 20
  private let contents = Mutex<Contents?>(nil)

  /// The layout of a column of times, found now where it isn't known.
  func layout(
    _ kernel: ExtrapolationKernel, _ times: [Int64], _ grid: WindowGrid,
    _ cancellation: inout CancellationPoint
  ) -> ExtrapolationLayout {
    let slot = Self.slot(times, kernel.isRate)
    let known = contents.withLock { $0?.slots[slot] }
    if let known, known.fits(isRate: kernel.isRate, times, grid) { return known }
    let layout = ExtrapolationLayout(kernel, times, grid, &cancellation)
    if cancellation.hasFired { return layout }
    contents.withLock { contents in
      var inner = contents ?? Contents()
      contents = nil
      let size = inner.sizeBytes + layout.sizeBytes - (inner.slots[slot]?.sizeBytes ?? 0)
      if size <= Self.sizeBytesMax {
        inner.slots[slot] = layout
        inner.sizeBytes = size
      }
      contents = inner
    }
    return layout
  }

  /// Columns of targets differ in their last times mostly; the offsets of scrapes are milliseconds.
  private static func slot(_ times: [Int64], _ isRate: Bool) -> Int {
    guard let first = times.first, let last = times.last else { return 0 }
    var hash = UInt64(bitPattern: first) &* 0x9e37_79b9_7f4a_7c15
    hash = (hash ^ UInt64(bitPattern: last)) &* 0x9e37_79b9_7f4a_7c15
    hash = (hash ^ UInt64(times.count)) &* 0x9e37_79b9_7f4a_7c15
    return Int((hash >> 40 ^ (isRate ? 1 : 0)) % UInt64(slotCount))
  }
}
