internal import MetricModel

/// What a join is to do, in terms of its "many" and its "one" side; in a one-to-one join the left
/// side is the "many".
struct JoinRule {
  var operation: BinaryOperation.Operator
  var comparison: ComparisonResult
  var matching: VectorMatching
  /// `group_right`: the "many" side is the right operand.
  var manyIsRight: Bool
  /// Whether the result loses the name at once, as arithmetic does.
  var dropsName: Bool
  /// Whether it loses it at the end of the query.
  var dropsNameAtEnd: Bool

  var isOneToOne: Bool { matching.cardinality == .oneToOne }

  /// The labels of a result.
  func labels(many: Labels, one: Labels) -> Labels {
    var result = dropsName ? LabelPicker.withoutName(many) : many
    if isOneToOne {
      switch matching.labels {
      case .on(let names): result = LabelPicker(keeping: names)(result)
      case .ignoring(let names): result = LabelPicker(removing: names)(result)
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
  private var sides: JoinSides?
  private var isFinished = false

  init(_ left: any Operator, _ right: any Operator, _ rule: JoinRule, steps: Int) {
    many = rule.manyIsRight ? right : left
    one = rule.manyIsRight ? left : right
    self.rule = rule
    self.steps = steps
    picker = LabelPicker(signatureOf: rule.matching.labels)
  }

  mutating func next(_ context: inout QueryContext) throws(QueryError) -> SeriesBlock? {
    if isFinished { return nil }
    if sides == nil {
      sides = JoinSides(
        one: try one.collected(steps: steps, &context), picker, isOneToOne: rule.isOneToOne)
    }
    while let block = try many.next(&context) {
      var result = SeriesBlock(stepCount: steps)
      for row in 0..<block.rowCount { try join(block, row, into: &result) }
      if result.rowCount > 0 { return result }
    }
    isFinished = true
    try sides?.checkDuplicates(rule)
    return nil
  }

  private mutating func join(
    _ block: SeriesBlock, _ row: Int, into result: inout SeriesBlock
  ) throws(QueryError) {
    let head = block.heads[row]
    let cells = block.values.span.extracting(block.cells(row))
    let signature = picker(head.labels)
    let present = StepSet(presentIn: cells)
    let rule = rule
    guard let matches = sides?.noteMany(present, signature: signature) else { return }
    // Rows of the "one" side that don't live at the same time may give the same labels.
    var written: [(labels: Labels, row: Int)] = []
    for match in matches.rows {
      guard let one = sides?.one else { return }
      let labels = rule.labels(many: head.labels, one: one.heads[match].labels)
      try sides?.noteMatch(present, oneRow: match, signature: matches.signature, labels, rule)
      let computed = combined(cells, one.values.span.extracting(one.cells(match)))
      guard computed.contains(where: { !$0.isMissing }) else { continue }
      if let same = written.first(where: { $0.labels == labels }) {
        result.overlay(computed, onRow: same.row)
      } else {
        written.append((labels, result.rowCount))
        result.append(SeriesHead(labels: labels, dropsName: rule.dropsNameAtEnd), computed)
      }
    }
  }

  private func combined(_ many: Span<Double>, _ one: Span<Double>) -> [Double] {
    var row = [Double](repeating: .missing, count: steps)
    var span = row.mutableSpan
    if rule.manyIsRight {
      combineCells(rule.operation, one, many, comparison: rule.comparison, into: &span)
    } else {
      combineCells(rule.operation, many, one, comparison: rule.comparison, into: &span)
    }
    return row
  }
}

/// The "one" side of a join, and what the "many" side has used of it.
struct JoinSides {
  let one: SeriesBlock
  private let isOneToOne: Bool
  private var numbers: [Labels: Int] = [:]
  /// For each signature, rows of the "one" side.
  private var rows: [[Int]] = []
  private var signatures: [Labels] = []
  /// For each row of the "one" side, the steps at which it is present.
  private var present: [StepSet] = []
  /// For each signature, steps at which an element has matched already.
  private var matched: [StepSet] = []
  /// The same for each signature and result label set, where several may match.
  private var grouped: [GroupedMatch: StepSet] = [:]
  /// Steps at which the "many" side has any sample.
  private var manySteps: StepSet

  private struct GroupedMatch: Hashable {
    var signature: Int
    var labels: Labels
  }

  init(one: SeriesBlock, _ picker: LabelPicker, isOneToOne: Bool) {
    self.one = one
    self.isOneToOne = isOneToOne
    manySteps = StepSet(count: one.stepCount)
    for row in 0..<one.rowCount {
      let signature = picker(one.heads[row].labels)
      let number = numbers[signature] ?? rows.count
      if number == rows.count {
        numbers[signature] = number
        rows.append([])
        signatures.append(signature)
        matched.append(StepSet(count: one.stepCount))
      }
      rows[number].append(row)
      present.append(StepSet(presentIn: one.values.span.extracting(one.cells(row))))
    }
  }

  /// Notes a row of the "many" side; answers the rows that it meets, nil when there are none.
  mutating func noteMany(
    _ many: StepSet, signature: Labels
  ) -> (signature: Int, rows: [Int])? {
    manySteps.formUnion(many)
    guard let number = numbers[signature] else { return nil }
    return (number, rows[number])
  }

  /// Throws when an element has met another one before at the same step, in a way that the matching
  /// doesn't allow. Also pairs that a comparison then drops count.
  mutating func noteMatch(
    _ many: StepSet, oneRow: Int, signature: Int, _ labels: Labels, _ rule: JoinRule
  ) throws(QueryError) {
    let steps = many.intersection(present[oneRow])
    if isOneToOne {
      if matched[signature].insertAll(steps) { return }
    } else {
      let none = StepSet(count: one.stepCount)
      let key = GroupedMatch(signature: signature, labels: labels)
      if grouped[key, default: none].insertAll(steps) { return }
    }
    // Two elements of the "one" side are the graver fault.
    try checkDuplicates(rule)
    throw isOneToOne ? .manyToOneNotExplicit : .groupingNotUnique
  }

  /// Throws when the "one" side has two elements of one signature at a step at which the "many"
  /// side has any element.
  func checkDuplicates(_ rule: JoinRule) throws(QueryError) {
    for (number, group) in rows.enumerated() where group.count > 1 {
      for step in 0..<one.stepCount where manySteps.contains(step) {
        let present = group.filter { !one.values[$0 * one.stepCount + step].isMissing }
        guard present.count > 1 else { continue }
        throw .duplicateSeries(
          group: signatures[number], isRightSide: !rule.manyIsRight,
          first: one.heads[present[0]].labels, second: one.heads[present[1]].labels)
      }
    }
  }
}
