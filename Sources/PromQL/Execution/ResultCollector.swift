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
      try context.hold(block)
      for row in 0..<block.rowCount {
        let labels = finalLabels(block.heads[row])
        guard seen.insert(labels).inserted else { throw .repeatedLabelset }
        let value = block.histogram(at: row).map(SampleValue.histogram)
        samples.append(
          VectorSample(
            labels: labels, time: grid.start, value: value ?? .number(block.values[row])))
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
      try context.hold(block, bytesEach: 16)
      for row in 0..<block.rowCount {
        let labels = finalLabels(block.heads[row])
        let samples =
          block.hasHistograms
          ? mixedColumns(block, row) : columns(block.values[block.cells(row)], times)
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
      for histogram in samples.histograms.values {
        try context.hold(histogramBytes: histogram.sizeBytes)
      }
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
    // No way out of the loop, so that it can run on several cells at once.
    if cells.reduce(0, { $0 | ($1.isMissing ? 1 : 0) }) == 0 {
      return SampleColumns(timestamps: times, values: Array(cells))
    }
    var samples = SampleColumns()
    for (time, value) in zip(times, cells) where !value.isMissing {
      samples.timestamps.append(time)
      samples.values.append(value)
    }
    return samples
  }

  private func mixedColumns(_ block: SeriesBlock, _ row: Int) -> SampleColumns {
    var samples = SampleColumns()
    for (step, cell) in block.cells(row).enumerated() where !block.values[cell].isMissing {
      if let histogram = block.histogram(at: cell) {
        samples.histograms.append(grid[step], histogram)
      } else {
        samples.append(grid[step], block.values[cell])
      }
    }
    return samples
  }

  /// Two series that share no time as one.
  private static func merged(
    _ a: SampleColumns, _ b: SampleColumns
  ) throws(QueryError) -> SampleColumns {
    let times = [a, b].flatMap { $0.timestamps + $0.histograms.timestamps }
    guard Set(times).count == times.count else { throw .repeatedLabelset }
    var result = SampleColumns()
    for (time, value) in byTime(a.timestamps, a.values, b.timestamps, b.values) {
      result.append(Timestamp(milliseconds: time), value)
    }
    let (first, second) = (a.histograms, b.histograms)
    for (time, value) in byTime(
      first.timestamps, first.values, second.timestamps, second.values)
    {
      result.histograms.append(Timestamp(milliseconds: time), value)
    }
    return result
  }

  private static func byTime<Value>(
    _ firstTimes: [Int64], _ first: [Value], _ secondTimes: [Int64], _ second: [Value]
  ) -> [(Int64, Value)] {
    (Array(zip(firstTimes, first)) + zip(secondTimes, second)).sorted { $0.0 < $1.0 }
  }

  private static func sorted(_ series: [Series]) -> [Series] {
    let isSorted = zip(series, series.dropFirst()).allSatisfy { $0.labels < $1.labels }
    return isSorted ? series : series.sorted { $0.labels < $1.labels }
  }
}
