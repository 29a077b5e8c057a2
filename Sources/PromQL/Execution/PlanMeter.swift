/// What the nodes of a measured plan cost while the query ran.
///
/// Costs are those of a node with all below it, as time passes in pulling; bytes are those that the
/// node itself kept.
struct PlanMeter: Sendable {
  /// Nanoseconds since some moment.
  let clock: @Sendable () -> UInt64
  private(set) var costs: [Int: OperatorCost] = [:]
  private var open: [(number: Int, start: UInt64)] = []

  init(clock: @escaping @Sendable () -> UInt64) {
    self.clock = clock
  }

  mutating func enter(_ number: Int) {
    open.append((number, clock()))
  }

  mutating func leave(_ block: SeriesBlock?) {
    guard let (number, start) = open.popLast() else { return }
    var cost = costs[number] ?? OperatorCost()
    cost.nanoseconds += clock() &- start
    if let block {
      cost.rows += block.rowCount
      cost.tiles += 1
    }
    costs[number] = cost
  }

  /// Charges the node at work for memory that it keeps.
  mutating func keep(bytes: Int) {
    guard let number = open.last?.number else { return }
    costs[number, default: OperatorCost()].bytesKept += bytes
  }

  /// A meter for a part that runs elsewhere.
  var fork: PlanMeter { PlanMeter(clock: clock) }

  mutating func merge(_ other: PlanMeter) {
    for (number, cost) in other.costs { costs[number, default: OperatorCost()].add(cost) }
  }
}

/// What one node of a plan did.
package struct OperatorCost: Equatable, Sendable {
  /// Rows handed on; a series may come in several.
  package var rows = 0
  package var tiles = 0
  /// With all that is below; where two workers share it, of both.
  package var nanoseconds: UInt64 = 0
  /// Bytes that the node kept until the end of the query or until they were read.
  package var bytesKept = 0

  mutating func add(_ other: OperatorCost) {
    rows += other.rows
    tiles += other.tiles
    nanoseconds += other.nanoseconds
    bytesKept += other.bytesKept
  }
}

/// Measures another operator.
struct Metered: Operator {
  private var input: any Operator
  private let number: Int

  init(_ input: any Operator, number: Int) {
    self.input = input
    self.number = number
  }

  mutating func next(_ context: inout QueryContext) throws(QueryError) -> SeriesBlock? {
    context.meter?.enter(number)
    let block = try input.next(&context)
    context.meter?.leave(block)
    return block
  }
}
