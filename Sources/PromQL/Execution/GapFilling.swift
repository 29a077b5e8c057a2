internal import MetricModel

/// What MetricsQL puts where a series has no value at some steps of the query.
///
/// The answer at one step depends on the others, which is why PromQL has none of this: an instant
/// query has no steps before, and only a series that is there at another step can have a gap.
enum GapFilling: Equatable {
  /// `default`: the element of equal labels on the other side.
  case vector(QueryPlan, VectorMatching.Labels)
  /// `default`: a number.
  case scalar(QueryPlan)
  /// `keep_last_value`: what was there before.
  case last
}

/// `x default y`: the series of `x`, with gaps filled; `y` itself where there is no series at all.
struct DefaultFill: Operator {
  private var left: any Operator
  private var right: any Operator
  /// Nil where the other side is a scalar.
  private let picker: LabelPicker?
  private let steps: Int
  private var queue: BlockQueue?

  init(
    _ left: any Operator, _ right: any Operator, matching: VectorMatching.Labels?, steps: Int
  ) {
    self.left = left
    self.right = right
    picker = matching.map(LabelPicker.init(signatureOf:))
    self.steps = steps
  }

  mutating func next(_ context: inout QueryContext) throws(QueryError) -> SeriesBlock? {
    if queue == nil { queue = try filled(&context) }
    return queue?.next()
  }

  private mutating func filled(_ context: inout QueryContext) throws(QueryError) -> BlockQueue {
    var block = try left.collected(steps: steps, &context)
    let other = try right.collected(steps: steps, &context)
    var queue = BlockQueue()
    guard block.rowCount > 0 else {
      queue.append(other)
      return queue
    }
    var rows: [Labels: [Int]] = [:]
    if let picker {
      for row in 0..<other.rowCount {
        rows[picker(other.heads[row].labels), default: []].append(row)
      }
    }
    for row in 0..<block.rowCount {
      let sources = picker.map { rows[$0(block.heads[row].labels)] ?? [] } ?? [0]
      for source in sources where source < other.rowCount {
        for step in 0..<steps where block.values[row * steps + step].isMissing {
          guard let sample = other.sample(at: source * steps + step) else { continue }
          block.set(sample, at: row * steps + step)
        }
      }
    }
    queue.append(block)
    return queue
  }
}

/// `keep_last_value(x)`.
struct LastKept: Operator {
  private var input: any Operator

  init(_ input: any Operator) {
    self.input = input
  }

  mutating func next(_ context: inout QueryContext) throws(QueryError) -> SeriesBlock? {
    guard var block = try input.next(&context) else { return nil }
    for row in 0..<block.rowCount {
      var last: SampleValue?
      for cell in block.cells(row) {
        if let sample = block.sample(at: cell) {
          last = sample
        } else if let last {
          block.set(last, at: cell)
        }
      }
    }
    return block
  }
}
