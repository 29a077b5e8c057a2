internal import MetricModel

/// What one window holds of a series that has native histograms or start times.
///
/// The kernels of numbers know neither; what they make of a window is put right by
/// `MixedWindowScan`.
struct MixedWindow {
  let samples: SampleColumns
  /// Places in the columns of numbers.
  let numbers: Range<Int>
  /// Places in the columns of histograms.
  let histograms: Range<Int>
  /// The window is `(start, end]`, in milliseconds.
  let start: Int64
  let end: Int64

  /// A sample with its place in time.
  struct Sample {
    var span: CountedSpan
    var value: SampleValue

    var time: Int64 { span.end }
  }

  var count: Int { numbers.count + histograms.count }

  func number(_ place: Int) -> Sample {
    Sample(span: samples.span(place), value: .number(samples.values[place]))
  }

  func histogram(_ place: Int) -> Sample {
    let columns = samples.histograms
    return Sample(span: columns.span(place), value: .histogram(columns.values[place]))
  }

  /// Samples of both kinds, oldest first.
  var merged: [Sample] {
    (numbers.map(number) + histograms.map(histogram)).sorted { $0.time < $1.time }
  }

  /// The oldest sample; nil of an empty window.
  var first: Sample? {
    let candidates = numbers.prefix(1).map(number) + histograms.prefix(1).map(histogram)
    return candidates.min { $0.time < $1.time }
  }

  /// The newest sample; nil of an empty window.
  var last: Sample? {
    let candidates = numbers.suffix(1).map(number) + histograms.suffix(1).map(histogram)
    return candidates.max { $0.time < $1.time }
  }
}

/// The stretch that samples of a window cover, and by how much a change over it is extended.
///
/// The rules of `ExtrapolationKernel`, for windows that may start with a known start time.
struct Extrapolation {
  let isCounter: Bool
  /// Nil when the change isn't divided by time.
  let rateSeconds: Double?

  /// By how much a change grows.
  ///
  /// - Parameters:
  ///   - startTime: Where the counter was zero within the window, if that is known.
  ///   - first: The first value, or the first histogram's count.
  ///   - change: The change that is to grow; `0` where there is nothing to be extended to zero.
  func factor(
    _ window: MixedWindow, from firstTime: Int64, to lastTime: Int64, count: Int,
    startTime: Int64?, first: Double, change: Double
  ) -> Double {
    var sampled = Double(lastTime &- firstTime) / 1000
    let meanDistance = count > 1 ? sampled / Double(count - 1) : 0
    let threshold = meanDistance * 1.1
    var toStart = Double(firstTime &- window.start) / 1000
    var toEnd = Double(window.end &- lastTime) / 1000
    if let startTime {
      toStart = 0
      sampled = Double(lastTime &- startTime) / 1000
    } else {
      if toStart >= threshold { toStart = meanDistance / 2 }
      if isCounter && change > 0 && first >= 0 {
        toStart = min(toStart, sampled * (first / change))
      }
    }
    if toEnd >= threshold { toEnd = meanDistance / 2 }
    let factor = sampled == 0 ? 1 : (sampled + toStart + toEnd) / sampled
    return rateSeconds.map { factor / $0 } ?? factor
  }

  /// The start time of a window's first sample, where it lets the change be counted from zero.
  func startTime(of first: CountedSpan, in window: MixedWindow) -> Int64? {
    let isWithin =
      isCounter && first.start != 0 && first.start > window.start && first.start < first.end
    return isWithin ? first.start : nil
  }
}
