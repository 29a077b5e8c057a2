internal import MetricModel

/// `quantile(0.9, x)`: keeps the values of each group and step.
struct QuantileAggregate: Operator {
  private var input: any Operator
  private var parameter: any Operator
  private var groups: GroupIndex
  private let place: SourceRange
  private let steps: Int
  private var output: BlockQueue?

  init(
    _ input: any Operator, _ grouping: Grouping, parameter: any Operator, place: SourceRange,
    steps: Int
  ) {
    self.input = input
    self.parameter = parameter
    groups = GroupIndex(grouping)
    self.place = place
    self.steps = steps
  }

  mutating func next(_ context: inout QueryContext) throws(QueryError) -> SeriesBlock? {
    if output == nil { output = try evaluated(&context) }
    return output?.next()
  }

  private mutating func evaluated(_ context: inout QueryContext) throws(QueryError) -> BlockQueue {
    let quantiles = try parameter.column(steps: steps, &context)
    for q in quantiles where !Quantiles.isInRange(q) {
      context.annotations.add(.invalidQuantile(bits: q.bitPattern), at: place)
    }
    let all = try input.collected(steps: steps, &context)
    var members: [[Int]] = []
    for row in 0..<all.rowCount {
      let group = groups.number(of: all.heads[row])
      if group == members.count { members.append([]) }
      members[group].append(row)
    }
    var queue = BlockQueue()
    var values: [Double] = []
    for (group, rows) in members.enumerated() {
      var result = [Double](repeating: .missing, count: steps)
      for step in 0..<steps {
        values.removeAll(keepingCapacity: true)
        for row in rows where !all.values[row * steps + step].isMissing {
          values.append(all.values[row * steps + step])
        }
        if !values.isEmpty {
          result[step] = Quantiles.quantile(quantiles[step], of: &values)
        }
      }
      queue.append(groups.heads[group], result, stepCount: steps)
    }
    return queue
  }
}

/// `count_values("label", x)`: one group for each value, spelled in a label.
struct CountValues: Operator {
  private var input: any Operator
  private let label: String
  private let picker: LabelPicker
  private let steps: Int
  private var output: BlockQueue?

  init(_ input: any Operator, _ grouping: Grouping, label: String, steps: Int) {
    self.input = input
    self.label = label
    self.steps = steps
    switch grouping {
    case .by(let names): picker = LabelPicker(keeping: names + [label])
    case .without: picker = LabelPicker(grouping)
    }
  }

  mutating func next(_ context: inout QueryContext) throws(QueryError) -> SeriesBlock? {
    if output == nil { output = try counted(&context) }
    return output?.next()
  }

  private mutating func counted(_ context: inout QueryContext) throws(QueryError) -> BlockQueue {
    var numbers: [Labels: Int] = [:]
    var counts = SeriesBlock(stepCount: steps)
    while let block = try input.next(&context) {
      for row in 0..<block.rowCount {
        // The same value mostly comes again and again in one series.
        var numberOfValue: [UInt64: Int] = [:]
        for step in 0..<steps where !block.values[row * steps + step].isMissing {
          let value = block.values[row * steps + step]
          let number =
            numberOfValue[value.bitPattern]
            ?? group(block.heads[row].labels, value, &numbers, &counts)
          numberOfValue[value.bitPattern] = number
          let cell = number * steps + step
          counts.values[cell] = counts.values[cell].isMissing ? 1 : counts.values[cell] + 1
        }
      }
      try context.hold(samples: 0)
    }
    try context.hold(samples: counts.values.count)
    var queue = BlockQueue()
    queue.append(counts)
    return queue
  }

  private func group(
    _ labels: Labels, _ value: Double, _ numbers: inout [Labels: Int], _ counts: inout SeriesBlock
  ) -> Int {
    var builder = LabelsBuilder(labels)
    builder.set(label, NumberText.plain(value))
    let group = picker(builder.labels)
    if let number = numbers[group] { return number }
    numbers[group] = counts.rowCount
    _ = counts.appendMissing(SeriesHead(labels: group))
    return counts.rowCount - 1
  }
}
