internal import MetricModel

/// `histogram_quantile` and its kin: gathers the bucket rows of each classic histogram, and native
/// ones of the same labels, then evaluates them step by step.
struct HistogramScan: Operator {
  enum Question: Equatable {
    /// Column: the quantile.
    case quantile
    /// Columns: the quantiles, which the results bear in a label of this name.
    case quantiles(label: String)
    /// Columns: the bounds.
    case fraction
  }

  /// Where annotations point.
  struct Places: Equatable {
    var parameters: [SourceRange]
    var vector: SourceRange

    /// As `RemarkPlace`.
    static func == (left: Places, right: Places) -> Bool { true }
  }

  private let question: Question
  private var input: any Operator
  private var parameters: [any Operator]
  private let names: NameRule
  private let places: Places
  private let grid: StepGrid
  private var output: BlockQueue?
  private let withoutBound = LabelPicker(removing: ["le"])

  /// One histogram over all steps, in whichever form.
  private struct Gathered {
    var head: SeriesHead
    /// Of classic buckets.
    var bounds: [Double] = []
    /// Row by row.
    var counts: [Double] = []
    /// For each step, where there is any.
    var native: [NativeHistogram?] = []
  }

  /// All histograms, by their labels without `le`, in the order in which they came.
  private struct GatheredSet {
    var histograms: [Gathered] = []
    private var numbers: [Labels: Int] = [:]

    mutating func number(_ head: SeriesHead) -> Int {
      let number = numbers[head.labels] ?? histograms.count
      if number == histograms.count {
        numbers[head.labels] = number
        histograms.append(Gathered(head: head))
      }
      return number
    }
  }

  init(
    _ question: Question, _ input: any Operator, parameters: [any Operator], names: NameRule,
    places: Places, _ grid: StepGrid
  ) {
    self.question = question
    self.input = input
    self.parameters = parameters
    self.names = names
    self.places = places
    self.grid = grid
  }

  mutating func next(_ context: inout QueryContext) throws(QueryError) -> SeriesBlock? {
    if output == nil { output = try evaluated(&context) }
    return output?.next()
  }

  private mutating func evaluated(_ context: inout QueryContext) throws(QueryError) -> BlockQueue {
    var columns: [[Double]] = []
    for index in parameters.indices {
      columns.append(try parameters[index].column(steps: grid.count, &context))
    }
    let answers = answers(columns)
    for (index, column) in columns.enumerated() where asksForQuantiles {
      for q in column where !Quantiles.isInRange(q) {
        context.annotations.add(.invalidQuantile(bits: q.bitPattern), at: places.parameters[index])
      }
    }
    var queue = BlockQueue()
    for histogram in try gathered(&context) {
      for answer in answers { append(answer, histogram, to: &queue, &context) }
    }
    return queue
  }

  /// One result row of each histogram: its columns, and what its label says.
  private struct Answer {
    var columns: [[Double]]
    var label: (name: String, values: [String])?
  }

  private var asksForQuantiles: Bool {
    if case .fraction = question { false } else { true }
  }

  private func answers(_ columns: [[Double]]) -> [Answer] {
    guard case .quantiles(let label) = question else { return [Answer(columns: columns)] }
    return columns.map { column in
      Answer(columns: [column], label: (label, column.map(OpenMetricsNumber.text)))
    }
  }

  /// Where the label differs from step to step, each of its values has a row.
  private func append(
    _ answer: Answer, _ histogram: Gathered, to queue: inout BlockQueue,
    _ context: inout QueryContext
  ) {
    let row = cells(of: histogram, answer.columns, &context)
    guard row.contains(where: { !$0.isMissing }) else { return }
    var head = histogram.head
    names.apply(to: &head)
    guard let (name, texts) = answer.label else {
      queue.append(head, row, stepCount: grid.count)
      return
    }
    for text in Set(texts).sorted() {
      var builder = LabelsBuilder(head.labels)
      builder.set(name, text)
      let part = row.indices.map { texts[$0] == text ? row[$0] : .missing }
      guard part.contains(where: { !$0.isMissing }) else { continue }
      queue.append(
        SeriesHead(labels: builder.labels, dropsName: head.dropsName), part,
        stepCount: grid.count)
    }
  }

  private mutating func gathered(
    _ context: inout QueryContext
  ) throws(QueryError) -> [Gathered] {
    var found = GatheredSet()
    while let block = try input.next(&context) {
      try context.hold(block)
      for row in 0..<block.rowCount {
        let head = block.heads[row]
        let isMixed = block.hasHistograms(row: row)
        if isMixed {
          let number = found.number(head)
          found.histograms[number].native = block.cells(row).map(block.histogram)
        }
        let counts = isMixed ? block.numbers(row: row)[...] : block.values[block.cells(row)]
        if isMixed && counts.allSatisfy(\.isMissing) { continue }
        guard let bound = bound(of: head, &context) else { continue }
        let number = found.number(
          SeriesHead(labels: withoutBound(head.labels), dropsName: head.dropsName))
        found.histograms[number].bounds.append(bound)
        found.histograms[number].counts.append(contentsOf: counts)
      }
    }
    return found.histograms
  }

  /// The value of `le`, nil, and a warning, when it isn't a number.
  private func bound(of head: SeriesHead, _ context: inout QueryContext) -> Double? {
    let text = head.labels["le"] ?? ""
    if let bound = BucketBound.parse(text) { return bound }
    context.annotations.add(
      .badBucketLabel(value: text, metric: nameForRemarks(head)), at: places.vector)
    return nil
  }

  /// Prometheus names the metric only while names are still there.
  private func nameForRemarks(_ head: SeriesHead) -> String {
    names == .dropAtEnd ? head.labels.metricName : ""
  }

  private func cells(
    of histogram: Gathered, _ columns: [[Double]], _ context: inout QueryContext
  ) -> [Double] {
    let steps = grid.count
    var row = [Double](repeating: .missing, count: steps)
    var buckets: [ClassicBucket] = []
    for step in 0..<steps {
      buckets.removeAll(keepingCapacity: true)
      for (index, bound) in histogram.bounds.enumerated() {
        let count = histogram.counts[index * steps + step]
        if !count.isMissing { buckets.append(ClassicBucket(bound: bound, count: count)) }
      }
      if !histogram.native.isEmpty, let native = histogram.native[step] {
        if buckets.isEmpty {
          row[step] = estimate(native, columns, step, histogram.head, &context)
        } else {
          context.annotations.add(
            .buckets(.mixedClassicAndNative, metric: nameForRemarks(histogram.head)),
            at: places.vector)
        }
        continue
      }
      guard !buckets.isEmpty else { continue }
      switch question {
      case .fraction:
        row[step] = ClassicBuckets.fraction(columns[0][step], columns[1][step], &buckets)
      case .quantile, .quantiles:
        let (value, correction) = ClassicBuckets.quantile(columns[0][step], &buckets)
        row[step] = value
        if let correction { note(correction, histogram.head, step, &context) }
      }
    }
    return row
  }

  /// What a native histogram answers.
  private func estimate(
    _ histogram: NativeHistogram, _ columns: [[Double]], _ step: Int, _ head: SeriesHead,
    _ context: inout QueryContext
  ) -> Double {
    let estimate: HistogramEstimate
    let remark: BucketsRemark?
    switch question {
    case .fraction:
      estimate = histogram.fraction(above: columns[0][step], through: columns[1][step])
      remark = estimate.remark == nil ? nil : .fractionLeavesOutNaN
    case .quantile, .quantiles:
      estimate = histogram.quantile(columns[0][step])
      remark =
        switch estimate.remark {
        case .lostInNaN: .quantileIsNaN
        case .skewedByNaN: .quantileIsSkewed
        case nil: nil
        }
    }
    if let remark {
      context.annotations.add(.buckets(remark, metric: nameForRemarks(head)), at: places.vector)
    }
    return estimate.value.isMissing ? .nan : estimate.value
  }

  private func note(
    _ correction: ClassicBuckets.Correction, _ head: SeriesHead, _ step: Int,
    _ context: inout QueryContext
  ) {
    let time = grid[step].milliseconds
    context.annotations.add(
      .buckets(.forcedMonotonicity, metric: nameForRemarks(head)),
      MonotonicityDetail(
        firstTime: time, lastTime: time, lowestBound: correction.lowestBound,
        highestBound: correction.highestBound,
        greatestDifference: correction.greatestDifference),
      at: places.vector)
  }
}

/// Numbers in labels, as OpenMetrics spells them: always with a point or an exponent.
enum OpenMetricsNumber {
  static func text(_ value: Double) -> String {
    let text = NumberText.general(value)
    let isPlain = text.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2d }
    return isPlain ? text + ".0" : text
  }
}
