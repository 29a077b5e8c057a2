internal import MetricModel
internal import Statistics

/// `welch_t` and its kin: puts the elements of each side into groups by the labels in which both
/// must agree, then compares group by group, step by step.
struct EvidenceScan: Operator {
  enum Input {
    case vector(any Operator)
    case range(any RangeInput, WindowGrid)
  }

  private let plan: EvidencePlan
  private var inputs: [Input]
  private var quantile: (any Operator)?
  private let grid: StepGrid
  private let picker: LabelPicker
  private var output: BlockQueue?

  init(
    _ plan: EvidencePlan, _ inputs: [Input], quantile: (any Operator)?, _ grid: StepGrid
  ) {
    self.plan = plan
    self.inputs = inputs
    self.quantile = quantile
    self.grid = grid
    // Buckets of one histogram differ in nothing but their bound.
    let hidden = LabelPicker.metadata + (plan.question == .quantileRatio ? ["le"] : [])
    switch plan.matching {
    case .on(let names): picker = LabelPicker(keeping: names.filter { !hidden.contains($0) })
    case .ignoring(let names): picker = LabelPicker(removing: names + hidden)
    }
  }

  mutating func next(_ context: inout QueryContext) throws(QueryError) -> SeriesBlock? {
    if output == nil { output = try evaluated(&context) }
    return output?.next()
  }

  private mutating func evaluated(_ context: inout QueryContext) throws(QueryError) -> BlockQueue {
    let steps = grid.count
    let quantiles = try quantile?.column(steps: steps, &context) ?? []
    var sides: [EvidenceSide] = []
    for index in inputs.indices {
      sides.append(try EvidenceSide(&inputs[index], picker, steps: steps, &context))
    }
    var queue = BlockQueue()
    guard let first = sides.first else { return queue }
    for group in first.groups where sides.allSatisfy({ $0.rows(of: group) != nil }) {
      let none = [Double](repeating: .missing, count: steps)
      var rows = [[Double]](repeating: none, count: plan.stats.count)
      let members = sides.map { $0.rows(of: group) ?? [] }
      for step in 0..<steps {
        try context.checkCancellation()
        let asked = EvidenceCase(
          question: plan.question, sides: sides, members: members, step: step,
          quantile: quantiles.isEmpty ? .nan : quantiles[step])
        let (answer, remarks) = asked.answered()
        for remark in remarks {
          context.annotations.add(.evidence(remark, of: plan.question), at: plan.place.range)
        }
        guard let answer else { continue }
        for (index, stat) in plan.stats.enumerated() {
          let value = answer.value(of: stat)
          rows[index][step] = value.isMissing ? .nan : value
        }
      }
      for (row, stat) in zip(rows, plan.stats) where row.contains(where: { !$0.isMissing }) {
        var labels = LabelsBuilder(group)
        labels.set(EvidenceStat.label, stat.rawValue)
        try context.hold(samples: row.count)
        queue.append(SeriesHead(labels: labels.labels), row, stepCount: steps)
      }
    }
    return queue
  }
}

/// The series of one argument, by group.
struct EvidenceSide {
  private let steps: Int
  /// The labels that make groups, in the order in which they came.
  private(set) var groups: [Labels] = []
  private var members: [Labels: [Int]] = [:]
  private(set) var heads: [SeriesHead] = []
  /// Of an instant vector.
  private var cells: SeriesBlock?
  /// Of a range vector.
  private var columns: [SampleColumns] = []
  private var windows: WindowGrid?

  init(
    _ input: inout EvidenceScan.Input, _ picker: LabelPicker, steps: Int,
    _ context: inout QueryContext
  ) throws(QueryError) {
    self.steps = steps
    switch input {
    case .vector(var vector):
      let block = try vector.collected(steps: steps, &context)
      for head in block.heads { add(head, picker) }
      cells = block
    case .range(var range, let windows):
      var samples = SampleColumns()
      while let head = try range.next(into: &samples, &context) {
        try context.checkCancellation()
        try context.hold(samples: samples.count, bytesEach: 16)
        context.reads?.add(samples, in: windows)
        add(head, picker)
        columns.append(samples)
      }
      self.windows = windows
    }
  }

  private mutating func add(_ head: SeriesHead, _ picker: LabelPicker) {
    let group = picker(head.labels)
    if members[group] == nil { groups.append(group) }
    members[group, default: []].append(heads.count)
    heads.append(head)
  }

  func rows(of group: Labels) -> [Int]? { members[group] }

  var isOverTime: Bool { windows != nil }

  /// Where the window begins at a step; nil for one that stands still, and for instant vectors.
  func movingStart(_ step: Int) -> Int64? {
    guard let windows, windows.stride != 0 || windows.count == 1 else { return nil }
    return windows.end(step) &- windows.range
  }

  /// The numbers of a series within the window, or the one at the step.
  func values(_ row: Int, _ step: Int) -> ArraySlice<Double> {
    guard let cells else { return columns[row].values[indices(row, step)] }
    let cell = row * steps + step
    let isNumber = !cells.values[cell].isMissing && cells.histogram(at: cell) == nil
    return cells.values[cell..<(isNumber ? cell + 1 : cell)]
  }

  /// The times of `values` of a range vector.
  func times(_ row: Int, _ step: Int) -> ArraySlice<Int64> {
    columns[row].timestamps[indices(row, step)]
  }

  func histogram(_ row: Int, _ step: Int) -> NativeHistogram? {
    cells?.histogram(at: row * steps + step)
  }

  private func indices(_ row: Int, _ step: Int) -> Range<Int> {
    guard let windows else { return 0..<0 }
    let times = columns[row].timestamps
    let end = windows.end(step)
    let start = Self.firstIndex(in: times, after: end &- windows.range)
    return start..<max(start, Self.firstIndex(in: times, after: end))
  }

  private static func firstIndex(in times: [Int64], after time: Int64) -> Int {
    var (low, high) = (0, times.count)
    while low < high {
      let middle = (low + high) / 2
      if times[middle] <= time { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
