internal import MetricModel

/// How many rows the nodes of a plan will have at most, by the index alone: no sample is read.
///
/// Labels of series decide of groups, partners and merges, so these are known exactly; what stays
/// unknown is which series have samples in a window, and what comparisons leave.
struct RowEstimate {
  let source: any SeriesSource
  let grid: StepGrid

  /// Beyond this many rows, groups and partners are no longer told apart.
  private static let rowsMax = 100_000

  /// The labels of a node's rows; nil where they can't be told.
  func labels(of plan: QueryPlan) throws(QueryError) -> [Labels]? {
    switch plan {
    case .number, .evaluationTime, .scalar: return [.empty]
    case .empty: return []
    case .scan(let selector, _): return try labels(of: selector)
    case .window(let window):
      guard case .stored(let selector) = window.input else {
        guard case .subquery(let inner, let shift, let step) = window.input,
          let times = SubqueryRange.grid(under: WindowGrid(shift, on: grid), step: step)
        else { return [] }
        return window.names.picked(
          try RowEstimate(source: source, grid: times).labels(of: inner))
      }
      return window.names.picked(try labels(of: selector))
    case .cells(let cells): return cells.names.picked(try labels(of: cells.input))
    case .aggregate(let aggregate), .quantile(let aggregate, _, _):
      return try labels(of: aggregate.input).map {
        distinct($0, LabelPicker(aggregate.grouping))
      }
    case .rank(_, let aggregate, _, _): return try labels(of: aggregate.input)
    case .countValues, .evidence, .filled(_, .vector), .asked: return nil
    case .filled(let input, _): return try labels(of: input)
    case .join(let left, let right, let rule):
      let (many, one) = rule.manyIsRight ? (right, left) : (left, right)
      let picker = LabelPicker(signatureOf: rule.matching.labels)
      return try members(of: many, in: one, picker)
    case .set(.and, let left, let right, let labels):
      return try members(of: left, in: right, LabelPicker(signatureOf: labels))
    case .set(.or, let left, let right, _):
      guard let left = try labels(of: left), let right = try labels(of: right) else { return nil }
      return left + right
    case .set(_, let left, _, _): return try labels(of: left)
    case .histogram(let histogram):
      guard let rows = try labels(of: histogram.input) else { return nil }
      return histogram.names.picked(distinct(rows, LabelPicker(removing: ["le"])))
    case .absent: return [.empty]
    case .mergeRows(let input, _):
      return try labels(of: input).map { distinct($0, LabelPicker(removing: [])) }
    case .stepInvariant(let input):
      return try RowEstimate(source: source, grid: .instant(grid.start)).labels(of: input)
    case .info(let input, _), .relabel(let input, _), .sort(let input, _, _, _),
      .measured(_, let input):
      return try labels(of: input)
    case .shared(let shared): return try labels(of: shared.plan)
    }
  }

  private func labels(of selector: SelectorPlan) throws(QueryError) -> [Labels]? {
    do {
      let span = WindowGrid(selector.window, on: grid).span
      // To select may already be to read, where samples are another server's.
      if let catalog = source as? any SeriesCatalog {
        return try catalog.seriesLabels(matching: selector.matchers, in: span)
      }
      return try source.select(selector.matchers, in: span).labels
    } catch {
      throw .storage(error)
    }
  }

  private func distinct(_ rows: [Labels], _ picker: LabelPicker) -> [Labels] {
    if rows.count > Self.rowsMax { return rows }
    var seen: Set<Labels> = []
    return rows.map { picker($0) }.filter { seen.insert($0).inserted }
  }

  /// The rows of one side whose signature the other side has.
  private func members(
    of side: QueryPlan, in other: QueryPlan, _ picker: LabelPicker
  ) throws(QueryError) -> [Labels]? {
    guard let rows = try labels(of: side), let partners = try labels(of: other),
      rows.count <= Self.rowsMax
    else { return nil }
    let signatures = Set(partners.map { picker($0) })
    return rows.filter { signatures.contains(picker($0)) }
  }
}

extension NameRule {
  fileprivate func picked(_ rows: [Labels]?) -> [Labels]? {
    self == .drop ? rows.map { $0.map { LabelPicker.withoutName($0) } } : rows
  }
}
