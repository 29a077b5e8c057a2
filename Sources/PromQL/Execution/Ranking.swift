internal import MetricModel

/// `topk`, `bottomk`, `limitk`, `limit_ratio`: elements chosen within groups, step by step, with
/// all their labels.
///
/// Rows stream past; what is kept are the best so far of each group and step.
struct Ranking: Operator {
  enum Choice {
    case top, bottom, first, ratio
  }

  private let choice: Choice
  private var input: any Operator
  private var parameter: any Operator
  private var groups: GroupIndex
  private let steps: Int
  private let place: SourceRange
  private let plan: AggregatePlan
  /// Heads of the input's rows, as chosen elements refer to them.
  private var heads: [SeriesHead] = []
  /// For each group and step.
  private var chosen: [RankedElements] = []
  /// Those of rows, by number and step, that hold any.
  private var histograms: [Int: [Int: NativeHistogram]] = [:]
  private var output: BlockQueue?

  init(
    _ choice: Choice, _ input: any Operator, _ plan: AggregatePlan, parameter: any Operator,
    place: SourceRange, steps: Int
  ) {
    self.choice = choice
    self.input = input
    self.parameter = parameter
    groups = GroupIndex(plan.grouping)
    self.plan = plan
    self.place = place
    self.steps = steps
  }

  mutating func next(_ context: inout QueryContext) throws(QueryError) -> SeriesBlock? {
    if output == nil { output = try ranked(&context) }
    return output?.next()
  }

  private mutating func ranked(_ context: inout QueryContext) throws(QueryError) -> BlockQueue {
    let amounts = try parameter.column(steps: steps, &context)
    let isEmpty = try check(amounts, &context)
    let limits = amounts.map { choice == .ratio ? .max : Int(clamping: max(0, goInteger($0))) }
    while let block = try input.next(&context) {
      if isEmpty { continue }
      for row in 0..<block.rowCount {
        let group = groups.number(of: block.heads[row])
        if chosen.count == group * steps {
          let order: RankedElements.Order =
            choice == .top ? .greatest : choice == .bottom ? .least : .first
          chosen.append(contentsOf: repeatElement(RankedElements(order), count: steps))
        }
        if block.hasHistograms(row: row) {
          try addMixed(block, row, group, amounts, limits, &context)
        } else {
          let cells = block.values.span.extracting(block.cells(row))
          try add(cells, block.heads[row], group, amounts, limits, &context)
        }
      }
    }
    return steps == 1 ? inOrderOfRank() : inOrderOfInput()
  }

  /// Histograms can't be ranked, but may be among the first.
  private mutating func addMixed(
    _ block: SeriesBlock, _ row: Int, _ group: Int, _ amounts: [Double], _ limits: [Int],
    _ context: inout QueryContext
  ) throws(QueryError) {
    if choice == .top || choice == .bottom {
      context.annotations.add(.histogramIgnored(plan.operation), at: plan.place.range)
      let numbers = block.numbers(row: row)
      return try add(numbers.span, block.heads[row], group, amounts, limits, &context)
    }
    for (step, cell) in block.cells(row).enumerated() {
      guard let histogram = block.histogram(at: cell) else { continue }
      try context.hold(histogramBytes: histogram.sizeBytes)
      histograms[heads.count, default: [:]][step] = histogram
    }
    let cells = block.values.span.extracting(block.cells(row))
    try add(cells, block.heads[row], group, amounts, limits, &context)
  }

  private mutating func add(
    _ cells: Span<Double>, _ head: SeriesHead, _ group: Int, _ amounts: [Double], _ limits: [Int],
    _ context: inout QueryContext
  ) throws(QueryError) {
    var grown = 0
    for step in 0..<steps where !cells[step].isMissing {
      if choice == .ratio && !SeriesSampling.isChosen(head.labels, ratio: amounts[step]) {
        continue
      }
      let element = RankedElement(value: cells[step], row: heads.count)
      if chosen[group * steps + step].add(element, limit: limits[step]) { grown += 1 }
    }
    heads.append(head)
    try context.hold(samples: grown, bytesEach: MemoryLayout<RankedElement>.stride)
  }

  /// Throws for impossible parameters; true when nothing can be chosen at any step.
  private func check(
    _ amounts: [Double], _ context: inout QueryContext
  ) throws(QueryError) -> Bool {
    let greatest = amounts.reduce(-Double.infinity) { goMax($0, $1) }
    let least = amounts.reduce(Double.infinity) { goMin($0, $1) }
    let hasNaN = amounts.contains { $0.isNaN }
    if choice == .ratio {
      if greatest == 0 && least == 0 { return true }
      if hasNaN { throw .ratioIsNaN }
      if greatest > 1 {
        context.annotations.add(.invalidRatio(bits: greatest.bitPattern, cappedTo: 1), at: place)
      }
      if least < -1 {
        context.annotations.add(.invalidRatio(bits: least.bitPattern, cappedTo: -1), at: place)
      }
      return false
    }
    if greatest < 1 { return true }
    if hasNaN { throw .parameterIsNaN }
    if least <= -0x1p63 { throw .parameterUnderflows(least) }
    if greatest >= 0x1p63 { throw .parameterOverflows(greatest) }
    return false
  }

  /// Group by group, best first, as an instant query answers.
  private func inOrderOfRank() -> BlockQueue {
    var queue = BlockQueue()
    for elements in chosen {
      for element in elements.ranked {
        var block = SeriesBlock(stepCount: 1)
        block.append(heads[element.row], CollectionOfOne(element.value))
        if let histogram = histograms[element.row]?[0] { block.set(histogram, at: 0) }
        queue.append(block.heads[0], row: 0, of: block)
      }
    }
    return queue
  }

  private func inOrderOfInput() -> BlockQueue {
    var rowOf: [Int: Int] = [:]
    for elements in chosen { for element in elements.ranked { rowOf[element.row] = 0 } }
    var block = SeriesBlock(stepCount: steps)
    for row in rowOf.keys.sorted() {
      rowOf[row] = block.rowCount
      _ = block.appendMissing(heads[row])
    }
    for (cell, elements) in chosen.enumerated() {
      for element in elements.ranked {
        guard let row = rowOf[element.row] else { continue }
        let step = cell % steps
        block.set(element.value, at: row * steps + step)
        if let histogram = histograms[element.row]?[step] {
          block.set(histogram, at: row * steps + step)
        }
      }
    }
    var queue = BlockQueue()
    queue.append(block)
    return queue
  }
}

/// An element of a vector at one step: its value, and the number of its row.
struct RankedElement {
  var value: Double
  var row: Int
}

/// The best elements of a group at one step, at most as many as wanted.
struct RankedElements {
  enum Order {
    case greatest, least, first
  }

  private let order: Order
  /// A heap with the worst on top.
  private var heap: [RankedElement] = []

  init(_ order: Order) {
    self.order = order
  }

  /// Best first.
  var ranked: [RankedElement] { heap.sorted { isBetter($0, $1) } }

  /// Elements come in the order of their rows. Answers whether one more is held.
  mutating func add(_ element: RankedElement, limit: Int) -> Bool {
    if heap.count < limit {
      heap.append(element)
      siftUp(heap.count - 1)
      return true
    }
    if let worst = heap.first, isBetter(element, worst) {
      heap[0] = element
      siftDown(0)
    }
    return false
  }

  /// Ties go to the first; NaN is taken only for want of numbers.
  private func isBetter(_ a: RankedElement, _ b: RankedElement) -> Bool {
    if order != .first {
      if a.value.isNaN != b.value.isNaN { return b.value.isNaN }
      if a.value > b.value { return order == .greatest }
      if a.value < b.value { return order == .least }
    }
    return a.row < b.row
  }

  private mutating func siftUp(_ start: Int) {
    var index = start
    while index > 0 {
      let parent = (index - 1) / 2
      guard isBetter(heap[parent], heap[index]) else { return }
      heap.swapAt(parent, index)
      index = parent
    }
  }

  private mutating func siftDown(_ start: Int) {
    var index = start
    while 2 * index + 1 < heap.count {
      var child = 2 * index + 1
      if child + 1 < heap.count && isBetter(heap[child], heap[child + 1]) { child += 1 }
      guard isBetter(heap[index], heap[child]) else { return }
      heap.swapAt(index, child)
      index = child
    }
  }
}

/// `limit_ratio`'s choice of series by a hash of their labels, the same in each query.
enum SeriesSampling {
  /// A negative ratio chooses what its complement leaves: -0.2 is all that 0.8 doesn't choose.
  static func isChosen(_ labels: Labels, ratio: Double) -> Bool {
    let offset = Double(mixed(labels.stableHash)) / 0x1p64
    return ratio >= 0 ? offset < ratio : offset >= 1 + ratio
  }

  /// Spreads the entropy over all bits (the finalizer of MurmurHash3): a sample asks more of a
  /// hash than a table does.
  private static func mixed(_ hash: UInt64) -> UInt64 {
    var bits = hash
    bits = (bits ^ (bits >> 33)) &* 0xff51_afd7_ed55_8ccd
    bits = (bits ^ (bits >> 33)) &* 0xc4ce_b9fe_1a85_ec53
    return bits ^ (bits >> 33)
  }
}
