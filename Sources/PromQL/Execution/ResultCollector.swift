internal import MetricModel

/// Makes of the last operator's rows what a query answers.
struct ResultCollector {
  let grid: StepGrid

  /// One sample for each row of an instant query, in the order of the rows.
  func vector(
    _ root: inout any Operator, _ context: inout QueryContext
  ) throws(QueryError) -> [VectorSample] {
    var samples: [VectorSample] = []
    var seen: Set<Labels> = []
    while let block = try root.next(&context) {
      try context.hold(samples: block.rowCount)
      for row in 0..<block.rowCount {
        let labels = finalLabels(block.heads[row])
        guard seen.insert(labels).inserted else { throw .repeatedLabelset }
        samples.append(VectorSample(labels: labels, time: grid.start, value: block.values[row]))
      }
    }
    return samples
  }

  /// Series over time, sorted by labels. Rows of equal labels become one series.
  func matrix(
    _ root: inout any Operator, _ context: inout QueryContext
  ) throws(QueryError) -> [Series] {
    var series: [Series] = []
    var numbers: [Labels: Int] = [:]
    let times = (0..<grid.count).map { grid[$0].milliseconds }
    while let block = try root.next(&context) {
      try context.hold(samples: block.values.count, bytesEach: 16)
      for row in 0..<block.rowCount {
        let labels = finalLabels(block.heads[row])
        let samples = columns(block.values[block.cells(row)], times)
        if let known = numbers[labels] {
          series[known].samples = try Self.merged(series[known].samples, samples)
        } else {
          numbers[labels] = series.count
          series.append(Series(labels: labels, samples: samples))
        }
      }
    }
    return Self.sorted(series)
  }

  /// The raw samples of a range vector.
  func rangeVector(
    _ input: inout any RangeInput, _ context: inout QueryContext
  ) throws(QueryError) -> [Series] {
    var series: [Series] = []
    var samples = SampleColumns()
    var seen: Set<Labels> = []
    while let head = try input.next(into: &samples, &context) {
      guard !samples.isEmpty else { continue }
      try context.hold(samples: samples.count, bytesEach: 16)
      let labels = finalLabels(head)
      guard seen.insert(labels).inserted else { throw .repeatedLabelset }
      series.append(Series(labels: labels, samples: samples))
    }
    return Self.sorted(series)
  }

  private func finalLabels(_ head: SeriesHead) -> Labels {
    head.dropsName ? LabelPicker.withoutName(head.labels) : head.labels
  }

  /// Rows without gaps, most of them, share one column of times.
  private func columns(_ cells: ArraySlice<Double>, _ times: [Int64]) -> SampleColumns {
    if cells.allSatisfy({ !$0.isMissing }) {
      return SampleColumns(timestamps: times, values: Array(cells))
    }
    var samples = SampleColumns()
    for (time, value) in zip(times, cells) where !value.isMissing {
      samples.timestamps.append(time)
      samples.values.append(value)
    }
    return samples
  }

  /// Two series that share no time as one.
  private static func merged(
    _ a: SampleColumns, _ b: SampleColumns
  ) throws(QueryError) -> SampleColumns {
    var result = SampleColumns()
    var (i, j) = (0, 0)
    while i < a.count || j < b.count {
      if i < a.count && j < b.count && a.timestamps[i] == b.timestamps[j] {
        throw .repeatedLabelset
      }
      if j >= b.count || (i < a.count && a.timestamps[i] < b.timestamps[j]) {
        result.append(Timestamp(milliseconds: a.timestamps[i]), a.values[i])
        i += 1
      } else {
        result.append(Timestamp(milliseconds: b.timestamps[j]), b.values[j])
        j += 1
      }
    }
    return result
  }

  private static func sorted(_ series: [Series]) -> [Series] {
    let isSorted = zip(series, series.dropFirst()).allSatisfy { $0.labels < $1.labels }
    return isSorted ? series : series.sorted { $0.labels < $1.labels }
  }
}
