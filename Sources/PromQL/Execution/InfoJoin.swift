internal import MetricModel

/// `info(x, {data=~".+"})`: adds to each element labels of the info series of the same `instance`
/// and `job`.
///
/// Of several info series of one name that are there at a step, the one with the newest sample
/// counts. As which series that is may change from step to step, a row may become several.
struct InfoJoin: Operator {
  private var base: any Operator
  private let plan: InfoPlan
  private let grid: WindowGrid
  private var output: BlockQueue?

  /// - Parameter grid: where info series are looked at; its range is the lookback.
  init(_ base: any Operator, _ plan: InfoPlan, _ grid: WindowGrid) {
    self.base = base
    self.plan = plan
    self.grid = grid
  }

  mutating func next(_ context: inout QueryContext) throws(QueryError) -> SeriesBlock? {
    if output == nil { output = try joined(&context) }
    return output?.next()
  }

  private mutating func joined(_ context: inout QueryContext) throws(QueryError) -> BlockQueue {
    let rows = try base.collected(steps: grid.count, &context)
    var baseSteps = StepSet(count: grid.count)
    var known = IdentifyingValues()
    for row in 0..<rows.rowCount {
      baseSteps.insert(presentIn: rows.values.span.extracting(rows.cells(row)))
      if !isInfo(rows.heads[row].labels) { known.insert(rows.heads[row].labels) }
    }
    var series = InfoSeries(steps: grid.count)
    if !known.isEmpty { try read(&series, known, during: baseSteps, &context) }
    var queue = BlockQueue()
    for row in 0..<rows.rowCount {
      if isInfo(rows.heads[row].labels) {
        queue.append(rows.heads[row], row: row, of: rows)
      } else {
        queue.append(try enriched(rows, row, series))
      }
    }
    return queue
  }

  /// Info series aren't enriched themselves.
  private func isInfo(_ labels: Labels) -> Bool {
    let name = Array(labels.metricName.utf8)
    return plan.names.allSatisfy { $0.matches(name) }
  }

  private func read(
    _ series: inout InfoSeries, _ known: IdentifyingValues, during baseSteps: StepSet,
    _ context: inout QueryContext
  ) throws(QueryError) {
    let selection = try context.select(plan.names + plan.labels, in: grid.span)
    let slice = SeriesSlice(selection: selection, series: selection.labels.indices)
    var samples = SampleColumns()
    for (index, labels) in selection.labels.enumerated() where known.allow(labels) {
      try context.checkCancellation()
      try slice.read(index, in: grid.span, into: &samples)
      guard samples.histograms.isEmpty else { throw .infoSeriesHoldsHistograms(labels) }
      var times = [Double](repeating: .missing, count: grid.count)
      guard pickNewest(of: samples, grid, asTime: true, into: &times, from: 0) else { continue }
      try context.hold(samples: grid.count)
      for step in 0..<grid.count where !times[step].isMissing { context.reads?.add(1, at: step) }
      try series.add(labels, times, during: baseSteps)
    }
  }

  /// A row for each label set that the element has at some step.
  private func enriched(
    _ rows: SeriesBlock, _ row: Int, _ series: InfoSeries
  ) throws(QueryError) -> SeriesBlock {
    let head = rows.heads[row]
    let candidates = series.candidates(for: head.labels)
    var result = SeriesBlock(stepCount: rows.stepCount)
    /// What a choice of info series makes of the labels; `.none` when the element is dropped.
    var labelsOfChoice: [[Int]: Labels?] = [:]
    for (step, cell) in rows.cells(row).enumerated() where !rows.values[cell].isMissing {
      let chosen = candidates.compactMap { series.newest(of: $0, at: step) }
      let labels: Labels?
      if let known = labelsOfChoice[chosen] {
        labels = known
      } else {
        labels = try enriched(head.labels, by: chosen.map { series.labels[$0] })
        labelsOfChoice[chosen] = .some(labels)
      }
      guard let labels else { continue }
      let known = result.heads.firstIndex { $0.labels == labels }
      let start =
        known.map { $0 * rows.stepCount }
        ?? result.appendMissing(SeriesHead(labels: labels, dropsName: head.dropsName))
      if let histogram = rows.histogram(at: cell) {
        result.set(histogram, at: start + step)
      } else {
        result.values[start + step] = rows.values[cell]
      }
    }
    return result
  }

  /// Labels that the element has already stay. Nil when no info series is there and one was asked
  /// for.
  private func enriched(_ base: Labels, by infos: [Labels]) throws(QueryError) -> Labels? {
    if infos.isEmpty { return plan.labels.allSatisfy(\.matchesEmpty) ? base : nil }
    var added: [String: String] = [:]
    for info in infos {
      for (name, value) in info.pairs where plan.adds(name) && base[name] == nil {
        if let other = added[name], other != value { throw .conflictingInfoLabel(name) }
        added[name] = value
      }
    }
    var builder = LabelsBuilder(base)
    for (name, value) in added.sorted(by: { $0.key < $1.key }) { builder.set(name, value) }
    return builder.labels
  }
}

/// The labels by which an info series belongs to others.
private enum Identifying {
  static let names = ["instance", "job"]
  static let picker = LabelPicker(keeping: names)
}

/// Which values of identifying labels the elements have.
private struct IdentifyingValues {
  private var values: [String: Set<String>] = [:]

  var isEmpty: Bool { values.isEmpty }

  mutating func insert(_ labels: Labels) {
    for name in Identifying.names {
      if let value = labels[name] { values[name, default: []].insert(value) }
    }
  }

  func allow(_ labels: Labels) -> Bool {
    values.allSatisfy { name, values in values.contains(labels[name] ?? "") }
  }
}

/// Info series, and which of those with one name and identity is the newest at each step.
private struct InfoSeries {
  private let steps: Int
  private(set) var labels: [Labels] = []
  private var times: [[Double]] = []
  /// For each identity, the places in `newest` of its names, in the order of names.
  private var places: [Labels: [Int]] = [:]
  /// Indexes of series by step, -1 where there is none.
  private var newest: [(name: String, indexes: [Int])] = []

  init(steps: Int) {
    self.steps = steps
  }

  /// - Parameter baseSteps: Where it matters that two series are equally new.
  mutating func add(
    _ added: Labels, _ addedTimes: [Double], during baseSteps: StepSet
  ) throws(QueryError) {
    let index = labels.count
    labels.append(added)
    times.append(addedTimes)
    let place = place(Identifying.picker(added), added.metricName)
    for step in 0..<steps where !addedTimes[step].isMissing && baseSteps.contains(step) {
      let other = newest[place].indexes[step]
      if other >= 0 && times[other][step] == addedTimes[step] {
        let time = Int64((addedTimes[step] * 1000).rounded())
        throw .duplicateInfoSeries(labels[other], added, atMilliseconds: time)
      }
      if other < 0 || times[other][step] < addedTimes[step] {
        newest[place].indexes[step] = index
      }
    }
  }

  private mutating func place(_ identity: Labels, _ name: String) -> Int {
    if let known = places[identity]?.first(where: { newest[$0].name == name }) { return known }
    newest.append((name, [Int](repeating: -1, count: steps)))
    let place = newest.count - 1
    places[identity, default: []].append(place)
    places[identity]?.sort { newest[$0].name < newest[$1].name }
    return place
  }

  /// Places of the info series, one a name, that have the identity of an element.
  func candidates(for base: Labels) -> [Int] { places[Identifying.picker(base)] ?? [] }

  func newest(of place: Int, at step: Int) -> Int? {
    let index = newest[place].indexes[step]
    return index < 0 ? nil : index
  }
}
