internal import MetricModel

/// `topk`, `bottomk`, `limitk`, `limit_ratio`: elements chosen within groups, step by step, with all
/// their labels. Holds the input, since which rows survive isn't known before the end.
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
  /// Whether the result keeps the order of rank, as an instant query's does.
  private let isOrdered: Bool
  private var output: BlockQueue?

  init(
    _ choice: Choice, _ input: any Operator, _ grouping: Grouping, parameter: any Operator,
    place: SourceRange, steps: Int, isOrdered: Bool
  ) {
    self.choice = choice
    self.input = input
    self.parameter = parameter
    groups = GroupIndex(grouping)
    self.place = place
    self.steps = steps
    self.isOrdered = isOrdered
  }

  mutating func next(_ context: inout QueryContext) throws(QueryError) -> SeriesBlock? {
    if output == nil { output = try ranked(&context) }
    return output?.next()
  }

  private mutating func ranked(_ context: inout QueryContext) throws(QueryError) -> BlockQueue {
    let amounts = try parameter.column(steps: steps, &context)
    let isEmpty = try check(amounts, &context)
    let all = try input.collected(steps: steps, &context)
    if isEmpty { return BlockQueue() }
    let members = rowsOfGroups(all)
    var chosen = SeriesBlock(stepCount: steps)
    for row in 0..<all.rowCount { _ = chosen.appendMissing(all.heads[row]) }
    var order: [Int] = []
    for rows in members {
      for step in 0..<steps {
        let picked = pick(rows, all, step, amounts[step])
        for row in picked {
          chosen.values[row * steps + step] = all.values[row * steps + step]
        }
        if isOrdered { order.append(contentsOf: picked) }
      }
    }
    return queue(chosen, order)
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

  private mutating func rowsOfGroups(_ all: SeriesBlock) -> [[Int]] {
    var members: [[Int]] = []
    for row in 0..<all.rowCount {
      let group = groups.number(of: all.heads[row])
      if group == members.count { members.append([]) }
      members[group].append(row)
    }
    return members
  }

  /// The chosen rows of one group at one step, best first.
  private func pick(_ rows: [Int], _ all: SeriesBlock, _ step: Int, _ amount: Double) -> [Int] {
    let present = rows.filter { !all.values[$0 * steps + step].isMissing }
    func value(_ row: Int) -> Double { all.values[row * steps + step] }
    let count = choice == .ratio ? 0 : Int(clamping: max(0, goInteger(amount)))
    switch choice {
    case .first: return Array(present.prefix(count))
    case .ratio:
      return present.filter { SeriesSampling.isChosen(all.heads[$0].labels, ratio: amount) }
    case .top:
      return Array(stablySorted(present) { Self.ranksHigher(value($0), value($1)) }.prefix(count))
    case .bottom:
      return Array(stablySorted(present) { Self.ranksLower(value($0), value($1)) }.prefix(count))
    }
  }

  /// Ties go to the first; NaN is taken only for want of numbers.
  private func stablySorted(_ rows: [Int], _ precedes: (Int, Int) -> Bool) -> [Int] {
    rows.enumerated().sorted { a, b in
      if precedes(a.element, b.element) { return true }
      return !precedes(b.element, a.element) && a.offset < b.offset
    }.map(\.element)
  }

  private static func ranksHigher(_ a: Double, _ b: Double) -> Bool {
    if b.isNaN { return !a.isNaN }
    return a > b
  }

  private static func ranksLower(_ a: Double, _ b: Double) -> Bool {
    if b.isNaN { return !a.isNaN }
    return a < b
  }

  private func queue(_ chosen: SeriesBlock, _ order: [Int]) -> BlockQueue {
    var queue = BlockQueue()
    for row in isOrdered ? order : Array(0..<chosen.rowCount) where chosen.hasSamples(row: row) {
      queue.append(chosen.heads[row], chosen.values[chosen.cells(row)], stepCount: steps)
    }
    return queue
  }
}

/// `limit_ratio`'s choice of series by a hash of their labels, the same in each query.
enum SeriesSampling {
  /// A negative ratio chooses what its complement leaves: -0.2 is all that 0.8 doesn't choose.
  static func isChosen(_ labels: Labels, ratio: Double) -> Bool {
    let offset = Double(mixed(labels.stableHash)) / 0x1p64
    return ratio >= 0 ? offset < ratio : offset >= 1 + ratio
  }

  /// Spreads the entropy over all bits (the finalizer of MurmurHash3), since FNV leaves the high
  /// ones of short texts alike.
  private static func mixed(_ hash: UInt64) -> UInt64 {
    var bits = hash
    bits = (bits ^ (bits >> 33)) &* 0xff51_afd7_ed55_8ccd
    bits = (bits ^ (bits >> 33)) &* 0xc4ce_b9fe_1a85_ec53
    return bits ^ (bits >> 33)
  }
}
