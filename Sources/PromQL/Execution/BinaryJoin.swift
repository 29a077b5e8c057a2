internal import MetricModel

/// What a join is to do, in terms of its "many" and its "one" side; in a one-to-one join the left
/// side is the "many".
struct JoinRule: Equatable {
  var operation: BinaryOperation.Operator
  var comparison: ComparisonResult
  var matching: VectorMatching
  /// `group_right`: the "many" side is the right operand.
  var manyIsRight: Bool
  /// Whether the result loses the name at once, as arithmetic does.
  var dropsName: Bool
  /// Whether it loses it at the end of the query.
  var dropsNameAtEnd: Bool
  /// Of the operation, for remarks.
  var place: RemarkPlace
  /// Whether elements of the "many" side that match the same one may end up with equal labels.
  var mayCollide = true

  var isOneToOne: Bool { matching.cardinality == .oneToOne }

  /// The labels of a result.
  ///
  /// - Parameter signature: that of both elements, which mostly is the answer already.
  func labels(many: Labels, one: Labels, signature: Labels) -> Labels {
    var result = dropsName ? LabelPicker.withoutName(isOneToOne ? signature : many) : many
    if isOneToOne && !dropsName {
      switch matching.labels {
      case .on: result = signature
      case .ignoring(let names): result = LabelPicker(removing: names)(many)
      }
    }
    if matching.include.isEmpty { return result }
    var builder = LabelsBuilder(result)
    for name in matching.include { builder.set(name, one[name] ?? "") }
    return builder.labels
  }
}

/// `left * on (job) group_left right`: keeps the "one" side as rows by signature, streams the
/// "many" side past it.
struct BinaryJoin: Operator {
  private var many: any Operator
  private var one: any Operator
  private let rule: JoinRule
  private let steps: Int
  private let picker: LabelPicker
  private var sides: JoinSides
  private var hasReadOne = false
  private var isFinished = false
  /// The steps at which the row at hand is present.
  private var present: StepSet

  init(_ left: any Operator, _ right: any Operator, _ rule: JoinRule, steps: Int) {
    many = rule.manyIsRight ? right : left
    one = rule.manyIsRight ? left : right
    self.rule = rule
    self.steps = steps
    picker = LabelPicker(signatureOf: rule.matching.labels)
    sides = JoinSides(rule, steps: steps)
    present = StepSet(count: steps)
  }

  mutating func next(_ context: inout QueryContext) throws(QueryError) -> SeriesBlock? {
    if isFinished { return nil }
    if !hasReadOne {
      while let block = try one.next(&context) {
        try context.hold(block)
        for row in 0..<block.rowCount {
          sides.addOne(block, row, signature: picker(block.heads[row].labels))
        }
      }
      hasReadOne = true
    }
    while let block = try many.next(&context) {
      var result = SeriesBlock(stepCount: steps, reservingRows: block.rowCount)
      for row in 0..<block.rowCount { try join(block, row, into: &result, &context) }
      if result.rowCount > 0 { return result }
    }
    isFinished = true
    try sides.checkDuplicates()
    return nil
  }

  private mutating func join(
    _ block: SeriesBlock, _ row: Int, into result: inout SeriesBlock,
    _ context: inout QueryContext
  ) throws(QueryError) {
    let isPlain = !rule.operation.isTrim && !block.hasHistograms(row: row)
    let labels = block.heads[row].labels
    let cells = block.values.span.extracting(block.cells(row))
    let signatureLabels = picker(labels)
    present.set(presentIn: cells)
    guard let signature = sides.noteMany(present, signature: signatureLabels) else { return }
    let firstRow = result.rowCount
    var match = sides.firstRow(of: signature)
    while let oneRow = match {
      let resultLabels = rule.labels(
        many: labels, one: sides.one.heads[oneRow].labels, signature: signatureLabels)
      try sides.noteMatch(present, oneRow: oneRow, signature: signature, resultLabels)
      let start = result.appendMissing(
        SeriesHead(labels: resultLabels, dropsName: rule.dropsNameAtEnd))
      if isPlain && !sides.one.hasHistograms(row: oneRow) {
        let oneCells = sides.one.values.span.extracting(sides.one.cells(oneRow))
        combineCells(
          rule.operation, rule.manyIsRight ? oneCells : cells,
          rule.manyIsRight ? cells : oneCells, comparison: rule.comparison, into: &result.values,
          from: start)
      } else {
        combineMixed(block, row, oneRow, into: &result, from: start, &context)
      }
      tidyLastRow(of: &result, since: firstRow)
      match = sides.rowAfter(oneRow)
    }
  }

  /// Cell by cell, where some are histograms or the operator wants them.
  private func combineMixed(
    _ block: SeriesBlock, _ row: Int, _ oneRow: Int, into result: inout SeriesBlock,
    from start: Int, _ context: inout QueryContext
  ) {
    var arithmetic = HistogramArithmetic(rule.operation, rule.comparison)
    for step in 0..<steps {
      guard let many = block.sample(at: row * steps + step),
        let one = sides.one.sample(at: oneRow * steps + step)
      else { continue }
      let (left, right) = rule.manyIsRight ? (one, many) : (many, one)
      if case .number(let left) = left, case .number(let right) = right, !rule.operation.isTrim {
        var cell = [Double.missing]
        combineCells(
          rule.operation, [left].span, [right].span, comparison: rule.comparison, into: &cell,
          from: 0)
        result.set(cell[0], at: start + step)
      } else if let value = arithmetic.combined(left, right) {
        result.set(value, at: start + step)
      }
    }
    for remark in arithmetic.remarks { context.annotations.add(remark, at: rule.place.range) }
  }

  /// Drops the last row when it is empty; folds it onto an earlier one of the same labels, which
  /// rows of the "one" side that don't live at the same time may give.
  private func tidyLastRow(of result: inout SeriesBlock, since firstRow: Int) {
    let last = result.rowCount - 1
    guard result.hasSamples(row: last) else { return result.dropLastRow() }
    for row in firstRow..<last where result.heads[row].labels == result.heads[last].labels {
      return result.foldLastRow(onto: row)
    }
  }
}

/// The "one" side of a join, and what the "many" side has used of it.
struct JoinSides {
  private(set) var one: SeriesBlock
  private let rule: JoinRule
  private var numbers: [Labels: Int] = [:]
  private var signatures: [Labels] = []
  /// For each signature, its first and last row.
  private var firstRows: [Int] = []
  private var lastRows: [Int] = []
  /// For each row, the next of the same signature; -1 at the end.
  private var nextRows: [Int] = []
  /// For each row, the steps at which it is present.
  private var present: StepTable
  /// For each signature, steps at which an element has matched already.
  private var matched: StepTable
  /// The same for each signature and result label set, where several may match.
  private var grouped: [GroupedMatch: StepSet] = [:]
  /// Steps at which the "many" side has any sample.
  private var manySteps: StepSet
  private var hasSharedSignatures = false

  private struct GroupedMatch: Hashable {
    var signature: Int
    var labels: Labels
  }

  init(_ rule: JoinRule, steps: Int) {
    self.rule = rule
    one = SeriesBlock(stepCount: steps)
    present = StepTable(count: steps)
    matched = StepTable(count: steps)
    manySteps = StepSet(count: steps)
  }

  /// Takes a row of the "one" side in.
  mutating func addOne(_ block: SeriesBlock, _ row: Int, signature: Labels) {
    let added = one.rowCount
    one.append(block.heads[row], row: row, of: block)
    present.append(presentIn: block.values.span.extracting(block.cells(row)))
    nextRows.append(-1)
    if let number = numbers[signature] {
      nextRows[lastRows[number]] = added
      lastRows[number] = added
      hasSharedSignatures = true
    } else {
      numbers[signature] = signatures.count
      signatures.append(signature)
      firstRows.append(added)
      lastRows.append(added)
      matched.appendEmpty()
    }
  }

  /// Notes a row of the "many" side; answers the number of its signature, nil when the "one" side
  /// doesn't have it.
  mutating func noteMany(_ many: StepSet, signature: Labels) -> Int? {
    manySteps.formUnion(many)
    return numbers[signature]
  }

  func firstRow(of signature: Int) -> Int? { firstRows[signature] }

  func rowAfter(_ row: Int) -> Int? { nextRows[row] < 0 ? nil : nextRows[row] }

  /// Throws when an element has met another one before at the same step, in a way that the matching
  /// doesn't allow. Also pairs that a comparison then drops count.
  mutating func noteMatch(
    _ many: StepSet, oneRow: Int, signature: Int, _ labels: Labels
  ) throws(QueryError) {
    if rule.isOneToOne {
      if matched.insertAll(many, and: present, row: oneRow, into: signature) { return }
    } else if !rule.mayCollide {
      return
    } else {
      let none = StepSet(count: one.stepCount)
      let key = GroupedMatch(signature: signature, labels: labels)
      let steps = present.intersection(many, row: oneRow)
      if grouped[key, default: none].insertAll(steps) { return }
    }
    // Two elements of the "one" side are the graver fault.
    try checkDuplicates()
    throw rule.isOneToOne ? .manyToOneNotExplicit : .groupingNotUnique
  }

  /// Throws when the "one" side has two elements of one signature at a step at which the "many"
  /// side has any element.
  func checkDuplicates() throws(QueryError) {
    guard hasSharedSignatures else { return }
    for number in signatures.indices where firstRows[number] != lastRows[number] {
      for step in 0..<one.stepCount where manySteps.contains(step) {
        var earlier: Int?
        var match = firstRow(of: number)
        while let row = match {
          match = rowAfter(row)
          if one.values[row * one.stepCount + step].isMissing { continue }
          guard let first = earlier else {
            earlier = row
            continue
          }
          throw .duplicateSeries(
            group: signatures[number], isRightSide: !rule.manyIsRight,
            first: one.heads[first].labels, second: one.heads[row].labels)
        }
      }
    }
  }
}
