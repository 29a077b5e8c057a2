internal import MetricModel

/// `sort` and its kin, of an instant query; a range query's order is by labels whatever they do.
struct Sort: Operator {
  private var input: any Operator
  private let order: SortOrder
  /// Labels to sort by, most important first.
  private let names: [String]
  private let place: SourceRange
  private let steps: Int
  private var output: BlockQueue?

  init(
    _ input: any Operator, _ order: SortOrder, names: [String], place: SourceRange, steps: Int
  ) {
    self.input = input
    self.order = order
    self.names = names
    self.place = place
    self.steps = steps
  }

  mutating func next(_ context: inout QueryContext) throws(QueryError) -> SeriesBlock? {
    guard steps == 1 else {
      context.annotations.add(.sortInRangeQuery, at: place)
      while var block = try input.next(&context) {
        guard comparesNumbers, block.hasHistograms else { return block }
        block.removeHistograms()
        block.removeEmptyRows()
        if block.rowCount > 0 { return block }
      }
      return nil
    }
    if output == nil {
      var all = try input.collected(steps: steps, &context)
      if comparesNumbers {
        all.removeHistograms()
        all.removeEmptyRows()
      }
      var queue = BlockQueue()
      for row in sortedRows(all) { queue.append(all.heads[row], row: row, of: all) }
      output = queue
    }
    return output?.next()
  }

  /// Histograms have no order by value, and go.
  private var comparesNumbers: Bool { order == .ascending || order == .descending }

  private func sortedRows(_ all: SeriesBlock) -> [Int] {
    let rows = Array(0..<all.rowCount)
    switch order {
    case .ascending: return rows.sorted { precedes($0, $1, all) { $0 < $1 } }
    case .descending: return rows.sorted { precedes($0, $1, all) { $0 > $1 } }
    case .labels: return rows.sorted { labelsPrecede($0, $1, all) }
    case .labelsDescending: return rows.sorted { labelsPrecede($1, $0, all) }
    }
  }

  /// NaN comes last either way; ties keep their order.
  private func precedes(
    _ a: Int, _ b: Int, _ all: SeriesBlock, _ isLess: (Double, Double) -> Bool
  ) -> Bool {
    let (x, y) = (all.values[a], all.values[b])
    if x.isNaN || y.isNaN { return x.isNaN && y.isNaN ? a < b : !x.isNaN }
    if x == y { return a < b }
    return isLess(x, y)
  }

  /// By the labels named, in natural order, then by all.
  private func labelsPrecede(_ a: Int, _ b: Int, _ all: SeriesBlock) -> Bool {
    let (left, right) = (all.heads[a].labels, all.heads[b].labels)
    for name in names {
      let x = Array(left.valueBytes(of: name) ?? [])
      let y = Array(right.valueBytes(of: name) ?? [])
      if x != y { return NaturalOrder.precedes(x, y) }
    }
    return left < right
  }
}

/// The order in which `node2` comes before `node10`.
enum NaturalOrder {
  /// Compares runs of digits as numbers, everything else bytewise.
  static func precedes(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    var (x, y) = (a[...], b[...])
    while let first = x.first, let second = y.first {
      if isDigit(first) && isDigit(second) {
        let (left, right) = (x.prefix(while: isDigit), y.prefix(while: isDigit))
        let (p, q) = (left.drop { $0 == 0x30 }, right.drop { $0 == 0x30 })
        if p.count != q.count { return p.count < q.count }
        if !p.elementsEqual(q) { return p.lexicographicallyPrecedes(q) }
        if left.count != right.count { return left.count < right.count }
        x = x.dropFirst(left.count)
        y = y.dropFirst(right.count)
      } else if first != second {
        return first < second
      } else {
        x = x.dropFirst()
        y = y.dropFirst()
      }
    }
    return x.isEmpty && !y.isEmpty
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
