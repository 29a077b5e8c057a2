package import MetricModel

/// How many samples a query looks at, as parameter `stats` of the HTTP API tells it.
///
/// Prometheus' notion: at each step what an instant query at that time would load, whatever is
/// shared between steps. A histogram counts for its size, 16 bytes a sample.
package struct SampleStatistics: Equatable, Sendable {
  /// Over all steps.
  package var total: Int
  /// One count for each evaluation time.
  package var perStep: [Int]
  package var grid: StepGrid
  /// The most samples that the query held at once: what `QueryLimits.samplesMax` bounds. Fewer than
  /// in Prometheus, which holds whole inputs where tiles pass through here.
  package var peak: Int

  /// Each step's count with its time.
  package var counts: [(time: Timestamp, count: Int)] {
    perStep.enumerated().map { (grid[$0.offset], $0.element) }
  }
}

/// The counts while a query runs, for the steps of the part at hand.
struct SampleReads: Sendable {
  private(set) var perStep: [Int]
  /// What subqueries read; of them, only what windows look at is counted.
  private(set) var belowSubqueries = 0

  init(steps: Int) {
    perStep = [Int](repeating: 0, count: steps)
  }

  var total: Int { perStep.reduce(0, +) }

  mutating func add(_ count: Int, at step: Int) {
    perStep[step] += count
  }

  /// Counts the present cells of a block's last row.
  mutating func addLastRow(of block: SeriesBlock) {
    for (step, cell) in block.cells(block.rowCount - 1).enumerated()
    where !block.values[cell].isMissing {
      perStep[step] += block.histogram(at: cell)?.sizeInSamples ?? 1
    }
  }

  /// Counts what each window of a grid holds.
  mutating func add(_ samples: SampleColumns, in windows: WindowGrid) {
    let histograms = samples.histograms
    var sizes = [0]
    for histogram in histograms.values {
      sizes.append(sizes[sizes.count - 1] + histogram.sizeInSamples)
    }
    var (numbers, mixed) = (WindowIndices(), WindowIndices())
    for step in 0..<windows.count {
      let end = windows.end(step)
      numbers.move(over: samples.timestamps, after: end &- windows.range, through: end)
      mixed.move(over: histograms.timestamps, after: end &- windows.range, through: end)
      perStep[step] += numbers.end - numbers.start + sizes[mixed.end] - sizes[mixed.start]
    }
  }

  /// Counts a range vector that is the whole answer: its samples, or all that its subquery read.
  mutating func add(_ answer: [Series], of plan: RangePlan) {
    if case .subquery = plan { return perStep[0] += belowSubqueries }
    for samples in answer.map(\.samples) {
      perStep[0] += samples.count + samples.histograms.values.reduce(0) { $0 + $1.sizeInSamples }
    }
  }

  /// Takes the counts of a part that was evaluated once for all steps.
  mutating func addRepeated(_ part: SampleReads) {
    let count = part.total
    for step in perStep.indices { perStep[step] += count }
    belowSubqueries += part.belowSubqueries
  }

  /// Takes the counts of a subquery's inside.
  mutating func addBelowSubquery(_ part: SampleReads) {
    belowSubqueries += part.total
  }

  /// Takes what another worker has counted of the same steps.
  mutating func merge(_ other: SampleReads) {
    for step in perStep.indices { perStep[step] += other.perStep[step] }
    belowSubqueries += other.belowSubqueries
  }

  /// Indices of a window that only moves on.
  private struct WindowIndices {
    var start = 0
    var end = 0

    mutating func move(over times: [Int64], after first: Int64, through last: Int64) {
      while end < times.count && times[end] <= last { end += 1 }
      while start < end && times[start] <= first { start += 1 }
    }
  }
}

extension NativeHistogram {
  /// For how many samples a histogram counts.
  fileprivate var sizeInSamples: Int { (sizeBytes + 8) / 16 }
}
