internal import MetricModel

/// What an operation does to the metric name.
enum NameRule {
  case keep
  case drop
  /// Marks it for removal at the end of the query.
  case dropAtEnd

  func apply(to head: inout SeriesHead) {
    switch self {
    case .keep: break
    case .drop: head.labels = LabelPicker.withoutName(head.labels)
    case .dropAtEnd: head.dropsName = true
    }
  }
}

/// A function of each cell, and of scalars at its step.
struct ElementwiseMap: Operator {
  private var input: any Operator
  private let function: CellFunction
  private let names: NameRule
  /// Of the operation, for remarks.
  private let place: SourceRange
  private var parameters: [any Operator]
  /// The parameters' cells, once they were computed.
  private var columns: [[Double]]?
  private var scratch: [Double] = []
  private let steps: Int

  init(
    _ function: CellFunction, _ input: any Operator, parameters: [any Operator], names: NameRule,
    place: SourceRange, steps: Int
  ) {
    self.function = function
    self.input = input
    self.parameters = parameters
    self.names = names
    self.place = place
    self.steps = steps
  }

  mutating func next(_ context: inout QueryContext) throws(QueryError) -> SeriesBlock? {
    let columns = try parameterColumns(&context)
    while var block = try input.next(&context) {
      let hadHistograms = block.hasHistograms
      if hadHistograms || function.concernsHistograms {
        applyToHistograms(&block, columns, &context)
      } else {
        apply(to: &block, columns)
      }
      if hadHistograms || function.filters { block.removeEmptyRows() }
      guard block.rowCount > 0 else { continue }
      if names != .keep { block.changeHeads { names.apply(to: &$0) } }
      return block
    }
    return nil
  }

  private mutating func parameterColumns(
    _ context: inout QueryContext
  ) throws(QueryError) -> [[Double]] {
    if let columns { return columns }
    var computed: [[Double]] = []
    for index in parameters.indices {
      computed.append(try parameters[index].column(steps: steps, &context))
    }
    columns = computed
    return computed
  }

  /// Functions of numbers drop histograms; a few know what to do with them.
  private mutating func applyToHistograms(
    _ block: inout SeriesBlock, _ columns: [[Double]], _ context: inout QueryContext
  ) {
    let histograms = block.values.indices.compactMap { cell in
      block.histogram(at: cell).map { (cell: cell, histogram: $0) }
    }
    switch function {
    case .unchanged: return
    case .ofHistogram(let statistic):
      for cell in block.values.indices { block.set(.missing, at: cell) }
      for (cell, histogram) in histograms { block.set(statistic.of(histogram), at: cell) }
    case .replaced:
      for (cell, _) in histograms { block.set(0, at: cell) }
      apply(to: &block, columns)
    case .math(.negative):
      block.removeHistograms()
      apply(to: &block, columns)
      for (cell, histogram) in histograms {
        var negative = histogram
        negative.multiply(by: -1)
        block.set(negative, at: cell)
      }
    case .arithmetic(let operation, let scalarIsLeft, let comparison):
      var arithmetic = HistogramArithmetic(operation, comparison)
      block.removeHistograms()
      if operation.isTrim && block.values.contains(where: { !$0.isMissing }) {
        _ = arithmetic.incompatible("float", "float")
      }
      apply(to: &block, columns)
      for (cell, histogram) in histograms {
        let number = SampleValue.number(columns[0][cell % steps])
        let result =
          scalarIsLeft
          ? arithmetic.combined(number, .histogram(histogram))
          : arithmetic.combined(.histogram(histogram), number)
        if let result { block.set(result, at: cell) }
      }
      for remark in arithmetic.remarks { context.annotations.add(remark, at: place) }
    default:
      block.removeHistograms()
      apply(to: &block, columns)
    }
  }

  private mutating func apply(to block: inout SeriesBlock, _ columns: [[Double]]) {
    switch function {
    case .math(let function): function.apply(&block.values, block.values.indices)
    case .date(let part): part.apply(&block.values, block.values.indices)
    case .clamp: clamp(&block, columns[0], columns[1])
    case .round:
      mapWithColumn(&block, columns[0]) { value, unit in
        // Prometheus multiplies by the inverse; its rounding noise is part of the contract.
        let inverse = 1 / unit
        return (value * inverse + 0.5).rounded(.down) / inverse
      }
    case .arithmetic(let operation, let scalarIsLeft, let comparison):
      combine(&block, operation, columns[0], scalarIsLeft, comparison)
    case .unchanged, .ofHistogram: break
    case .replaced: mapWithColumn(&block, columns[0]) { _, new in new }
    case .greater: mapWithColumn(&block, columns[0]) { goMax($0, $1) }
    case .lesser: mapWithColumn(&block, columns[0]) { goMin($0, $1) }
    }
  }

  @inline(__always)
  private func mapWithColumn(
    _ block: inout SeriesBlock, _ column: [Double], _ function: (Double, Double) -> Double
  ) {
    for row in 0..<block.rowCount {
      let start = row * steps
      for step in 0..<steps where !block.values[start + step].isMissing {
        block.values[start + step] = function(block.values[start + step], column[step])
      }
    }
  }

  private func clamp(_ block: inout SeriesBlock, _ lower: [Double], _ upper: [Double]) {
    for row in 0..<block.rowCount {
      let start = row * steps
      for step in 0..<steps where !block.values[start + step].isMissing {
        // Bounds in the wrong order leave nothing.
        block.values[start + step] =
          upper[step] < lower[step]
          ? .missing : goMax(lower[step], goMin(upper[step], block.values[start + step]))
      }
    }
  }

  private mutating func combine(
    _ block: inout SeriesBlock, _ operation: BinaryOperation.Operator, _ column: [Double],
    _ scalarIsLeft: Bool, _ comparison: ComparisonResult
  ) {
    if scratch.count != steps { scratch = [Double](repeating: .missing, count: steps) }
    for row in 0..<block.rowCount {
      do {
        let cells = block.values.span.extracting(block.cells(row))
        let (left, right) = scalarIsLeft ? (column.span, cells) : (cells, column.span)
        combineCells(operation, left, right, comparison: comparison, into: &scratch, from: 0)
      }
      block.values.replaceSubrange(block.cells(row), with: scratch)
    }
  }
}
