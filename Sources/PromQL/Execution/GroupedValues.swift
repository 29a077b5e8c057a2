internal import MetricModel

/// `quantile(0.9, x)`: keeps the values of each group and step.
struct QuantileAggregate: Operator {
  private var input: any Operator
  private var parameter: any Operator
  private var groups: GroupIndex
  /// Of the quantile and of the vector, to which remarks point.
  private let place: SourceRange
  private let vectorPlace: SourceRange
  private let steps: Int
  private var output: BlockQueue?

  init(
    _ input: any Operator, _ plan: AggregatePlan, parameter: any Operator, place: SourceRange,
    steps: Int
  ) {
    self.input = input
    self.parameter = parameter
    groups = GroupIndex(plan.grouping)
    self.place = place
    vectorPlace = plan.place.range
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
    var all = try input.collected(steps: steps, &context)
    if all.hasHistograms {
      context.annotations.add(.histogramIgnored(.quantile), at: vectorPlace)
      all.removeHistograms()
      all.removeEmptyRows()
    }
    var members: [[Int]] = []
    for row in 0..<all.rowCount {
      let group = groups.number(of: all.heads[row])
      if group == members.count { members.append([]) }
      members[group].append(row)
    }
    var queue = BlockQueue()
    var values = RankedValues()
    for (group, rows) in members.enumerated() {
      var result = [Double](repeating: .missing, count: steps)
      for step in 0..<steps {
        values.removeAll()
        for row in rows where !all.values[row * steps + step].isMissing {
          values.append(all.values[row * steps + step])
        }
        try context.spend(values.count)
        if !values.isEmpty {
          result[step] = values.quantile(quantiles[step])
        }
      }
      queue.append(groups.heads[group], result, stepCount: steps)
    }
    return queue
  }
}

/// `count_values("label", x)`: one group for each value, spelled in a label.
///
/// Values are mostly rare, so what is kept is one number for each sample, not a row for each value.
struct CountValues: Operator {
  private var input: any Operator
  private let label: String
  private let picker: LabelPicker
  private let steps: Int
  private var heads: [SeriesHead] = []
  private var numbers: [Labels: Int] = [:]
  /// Group and step of each sample.
  private var sightings: [(group: UInt32, step: UInt32)] = []
  /// The steps of all groups, one group after the other, once all samples are there.
  private var stepsSeen: [UInt32] = []
  /// Where each group begins in `stepsSeen`, and where the last one ends.
  private var starts: [Int] = []
  private var nextGroup = 0
  private var hasRead = false

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
    if !hasRead {
      hasRead = true
      while let block = try input.next(&context) {
        let known = sightings.count
        for row in 0..<block.rowCount { try note(block, row, &context) }
        try context.hold(samples: sightings.count - known, bytesEach: 12)
      }
      try sortByGroup(&context)
    }
    var block = SeriesBlock(stepCount: steps)
    while nextGroup < heads.count && !block.isFull {
      try context.spend(steps)
      appendGroup(to: &block)
    }
    return block.rowCount > 0 ? block : nil
  }

  private mutating func note(
    _ block: SeriesBlock, _ row: Int, _ context: inout QueryContext
  ) throws(QueryError) {
    // The same value mostly comes again and again in one series.
    var groupOfValue: [UInt64: UInt32] = [:]
    let labels = block.heads[row].labels
    for (step, cell) in block.cells(row).enumerated() where !block.values[cell].isMissing {
      let value = block.values[cell]
      // A new value costs a label set.
      try context.spend(64)
      let group: UInt32
      if let histogram = block.histogram(at: cell) {
        group = self.group(labels, histogram.description)
      } else {
        group =
          groupOfValue[value.bitPattern] ?? self.group(labels, NumberText.plain(value))
        groupOfValue[value.bitPattern] = group
      }
      sightings.append((group, UInt32(truncatingIfNeeded: step)))
    }
  }

  private mutating func group(_ labels: Labels, _ value: String) -> UInt32 {
    var builder = LabelsBuilder(labels)
    builder.set(label, value)
    let group = picker(builder.labels)
    if let number = numbers[group] { return UInt32(truncatingIfNeeded: number) }
    numbers[group] = heads.count
    heads.append(SeriesHead(labels: group))
    return UInt32(truncatingIfNeeded: heads.count - 1)
  }

  /// Counts how many each group has, then puts them where their group begins.
  private mutating func sortByGroup(_ context: inout QueryContext) throws(QueryError) {
    starts = [Int](repeating: 0, count: heads.count + 1)
    for sighting in sightings { starts[Int(sighting.group) + 1] += 1 }
    for group in heads.indices { starts[group + 1] += starts[group] }
    var places = starts
    stepsSeen = [UInt32](repeating: 0, count: sightings.count)
    for sighting in sightings {
      try context.spend(1)
      stepsSeen[places[Int(sighting.group)]] = sighting.step
      places[Int(sighting.group)] += 1
    }
    sightings = []
  }

  private mutating func appendGroup(to block: inout SeriesBlock) {
    let start = block.appendMissing(heads[nextGroup])
    for step in stepsSeen[starts[nextGroup]..<starts[nextGroup + 1]] {
      let cell = start + Int(step)
      block.values[cell] = block.values[cell].isMissing ? 1 : block.values[cell] + 1
    }
    nextGroup += 1
  }
}
