internal import MetricModel

/// `left + fill(0) right`: a join whose sides have first been given, for each signature that only
/// the other side has at a step, an element of the fill value there.
///
/// Such an element has the labels in which both sides must agree, and from then on it is an element
/// like any other. So all else is left to `BinaryJoin`.
struct FilledJoin: Operator {
  private var left: any Operator
  private var right: any Operator
  private let rule: JoinRule
  private let steps: Int
  private var join: BinaryJoin?

  init(_ left: any Operator, _ right: any Operator, _ rule: JoinRule, steps: Int) {
    self.left = left
    self.right = right
    self.rule = rule
    self.steps = steps
  }

  mutating func next(_ context: inout QueryContext) throws(QueryError) -> SeriesBlock? {
    if join == nil {
      let (left, right) = try filledSides(&context)
      join = BinaryJoin(left, right, rule, steps: steps)
    }
    return try join?.next(&context)
  }

  private mutating func filledSides(
    _ context: inout QueryContext
  ) throws(QueryError) -> (left: RowSource, right: RowSource) {
    let leftRows = try left.collected(steps: steps, &context)
    let rightRows = try right.collected(steps: steps, &context)
    let picker = LabelPicker(signatureOf: rule.matching.labels)
    var fill = rule.matching.fill
    // With `group_right` Prometheus calls the "many" side left here (`fill-modifier.test`).
    if rule.manyIsRight { swap(&fill.left, &fill.right) }
    let leftSet = SignatureSteps(leftRows, picker)
    let rightSet = SignatureSteps(rightRows, picker)
    return (
      RowSource(leftRows, rightSet.elements(missingIn: leftSet, value: fill.left)),
      RowSource(rightRows, leftSet.elements(missingIn: rightSet, value: fill.right))
    )
  }
}

/// Hands out blocks that are there already.
private struct RowSource: Operator {
  private var queue = BlockQueue()

  init(_ blocks: SeriesBlock...) {
    for block in blocks { queue.append(block) }
  }

  mutating func next(_ context: inout QueryContext) throws(QueryError) -> SeriesBlock? {
    queue.next()
  }
}

/// At which steps a side has elements of each signature.
private struct SignatureSteps {
  private let steps: Int
  /// In the order in which they came.
  private var signatures: [Labels] = []
  private var present: [Labels: StepSet] = [:]

  init(_ block: SeriesBlock, _ picker: LabelPicker) {
    steps = block.stepCount
    let none = StepSet(count: steps)
    for row in 0..<block.rowCount {
      let signature = picker(block.heads[row].labels)
      if present[signature] == nil { signatures.append(signature) }
      present[signature, default: none].insert(
        presentIn: block.values.span.extracting(block.cells(row)))
    }
  }

  /// Rows of `value` for what `other` lacks of this; none without a value.
  func elements(missingIn other: SignatureSteps, value: Double?) -> SeriesBlock {
    var block = SeriesBlock(stepCount: steps)
    guard let value else { return block }
    for signature in signatures {
      guard let wanted = present[signature] else { continue }
      let start = block.appendMissing(SeriesHead(labels: signature))
      var isAnyPresent = false
      for step in 0..<steps
      where wanted.contains(step) && other.present[signature]?.contains(step) != true {
        block.values[start + step] = value
        isAnyPresent = true
      }
      if !isAnyPresent { block.dropLastRow() }
    }
    return block
  }
}
