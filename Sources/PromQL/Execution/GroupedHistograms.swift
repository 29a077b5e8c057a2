internal import MetricModel

/// What an aggregation makes of histograms: `sum` and `avg` of a group's, if it holds nothing else;
/// all others ignore them, and say so.
struct GroupedHistograms {
  private enum State {
    case sum(HistogramSum)
    case mean(HistogramMean)
    /// Exponential and custom buckets: no result.
    case incompatible
  }

  private let operation: Aggregation.Operation
  /// By group and step; most groups have none.
  private var states: [[Int: State]] = []
  private(set) var remarks: Set<Remark> = []

  init(_ operation: Aggregation.Operation) {
    self.operation = operation
  }

  mutating func add(
    _ block: SeriesBlock, _ row: Int, toGroup group: Int, _ context: inout QueryContext
  ) throws(QueryError) {
    guard operation == .sum || operation == .avg else {
      remarks.insert(.histogramIgnored(operation))
      return
    }
    while states.count <= group { states.append([:]) }
    for (step, cell) in block.cells(row).enumerated() {
      guard let histogram = block.histogram(at: cell) else { continue }
      if states[group][step] == nil {
        try context.hold(histogramBytes: 2 * histogram.sizeBytes)
        states[group][step] =
          operation == .sum ? .sum(HistogramSum(histogram)) : .mean(HistogramMean(histogram))
      } else {
        add(histogram, group, step, block.heads[row].labels.metricName)
      }
    }
  }

  private mutating func add(
    _ histogram: NativeHistogram, _ group: Int, _ step: Int, _ metric: String
  ) {
    // Moved out meanwhile: with two owners, the buckets would be copied.
    let old = states[group].updateValue(.incompatible, forKey: step)
    do throws(HistogramMismatch) {
      switch old {
      case .sum(var sum):
        try sum.add(histogram)
        states[group][step] = .sum(sum)
      case .mean(var mean):
        try mean.add(histogram)
        states[group][step] = .mean(mean)
      case .incompatible, nil: break
      }
    } catch {
      remarks.insert(.metric(.mixedSchemas, metric))
    }
  }

  var haveBeenSeen: Bool { !states.isEmpty || !remarks.isEmpty }

  /// Writes a group's results into the block's one row, in which its numbers stand.
  mutating func write(_ group: Int, into block: inout SeriesBlock) {
    guard group < states.count else { return }
    for (step, state) in states[group] {
      guard block.values[step].isMissing else {
        remarks.insert(.mixedAggregation)
        block.set(.missing, at: step)
        continue
      }
      let found: HistogramRemarks
      var result: NativeHistogram
      switch state {
      case .sum(let sum): (result, found) = (sum.result, sum.remarks)
      case .mean(let mean): (result, found) = (mean.result, mean.remarks)
      case .incompatible: continue
      }
      if found.contains(.counterResetCollision) {
        remarks.insert(.counterResetCollision(.aggregation))
      }
      if found.contains(.boundsReconciled) { remarks.insert(.boundsReconciled(.aggregation)) }
      result.compact()
      block.set(result, at: step)
    }
  }
}
