internal import Glibc

/// The summary of one group at one step.
protocol CellAccumulator {
  static var empty: Self { get }
  mutating func add(_ value: Double)
  /// `Double.missing` when nothing was added.
  var result: Double { get }
}

/// States of groups, group by group, step by step; each case with loops of its own.
///
/// The arrays are moved out while they are worked on: with two owners they would be copied.
enum GroupStates {
  case sum([SumState])
  case average([AverageState])
  case min([MinState])
  case max([MaxState])
  case count([CountState])
  case group([GroupState])
  case variance([VarianceState])
  case deviation([DeviationState])

  var bytesPerState: Int {
    switch self {
    case .sum: MemoryLayout<SumState>.stride
    case .average: MemoryLayout<AverageState>.stride
    case .min, .max, .count, .group: MemoryLayout<CountState>.stride
    case .variance, .deviation: MemoryLayout<VarianceState>.stride
    }
  }

  /// Whether it matters only that a cell is there, not what it holds.
  var countsAnything: Bool {
    switch self {
    case .count, .group: true
    case .sum, .average, .min, .max, .variance, .deviation: false
    }
  }

  /// Adds the present cells of a row to a group, which may be the next new one.
  mutating func add(_ row: Span<Double>, toGroup group: Int) {
    switch self {
    case .sum(var states):
      self = .sum([])
      addRow(row, to: &states, group)
      self = .sum(states)
    case .average(var states):
      self = .average([])
      addRow(row, to: &states, group)
      self = .average(states)
    case .min(var states):
      self = .min([])
      addRow(row, to: &states, group)
      self = .min(states)
    case .max(var states):
      self = .max([])
      addRow(row, to: &states, group)
      self = .max(states)
    case .count(var states):
      self = .count([])
      addRow(row, to: &states, group)
      self = .count(states)
    case .group(var states):
      self = .group([])
      addRow(row, to: &states, group)
      self = .group(states)
    case .variance(var states):
      self = .variance([])
      addRow(row, to: &states, group)
      self = .variance(states)
    case .deviation(var states):
      self = .deviation([])
      addRow(row, to: &states, group)
      self = .deviation(states)
    }
  }

  /// The results of all groups, row by row.
  var results: [Double] {
    switch self {
    case .sum(let states): states.map(\.result)
    case .average(let states): states.map(\.result)
    case .min(let states): states.map(\.result)
    case .max(let states): states.map(\.result)
    case .count(let states): states.map(\.result)
    case .group(let states): states.map(\.result)
    case .variance(let states): states.map(\.result)
    case .deviation(let states): states.map(\.result)
    }
  }
}

private func addRow<State: CellAccumulator>(
  _ row: Span<Double>, to states: inout [State], _ group: Int
) {
  let start = group * row.count
  if states.count == start {
    states.append(contentsOf: repeatElement(.empty, count: row.count))
  }
  var span = states.mutableSpan
  for step in 0..<row.count where !row[step].isMissing { span[start &+ step].add(row[step]) }
}

struct SumState: CellAccumulator {
  /// The sum is missing as long as nothing was added.
  private var running = NeumaierSum(.missing)

  static var empty: SumState { SumState() }

  @inline(__always) mutating func add(_ value: Double) {
    if running.sum.isMissing {
      running.sum = value
    } else {
      running.add(value)
    }
  }

  var result: Double { running.sum.isMissing ? .missing : running.total }
}

struct AverageState: CellAccumulator {
  private var mean: NeumaierMean?

  static var empty: AverageState { AverageState() }

  @inline(__always) mutating func add(_ value: Double) {
    if mean == nil {
      mean = NeumaierMean(value)
    } else {
      mean?.add(value)
    }
  }

  var result: Double { mean?.mean ?? .missing }
}

/// NaN gives way to any number.
struct MinState: CellAccumulator {
  private var value = Double.missing

  static var empty: MinState { MinState() }

  @inline(__always) mutating func add(_ new: Double) {
    if value.isNaN || value > new { value = new }
  }

  var result: Double { value }
}

/// NaN gives way to any number.
struct MaxState: CellAccumulator {
  private var value = Double.missing

  static var empty: MaxState { MaxState() }

  @inline(__always) mutating func add(_ new: Double) {
    if value.isNaN || value < new { value = new }
  }

  var result: Double { value }
}

struct CountState: CellAccumulator {
  private var count = 0.0

  static var empty: CountState { CountState() }

  @inline(__always) mutating func add(_ value: Double) { count += 1 }

  var result: Double { count == 0 ? .missing : count }
}

struct GroupState: CellAccumulator {
  private var value = Double.missing

  static var empty: GroupState { GroupState() }

  @inline(__always) mutating func add(_ new: Double) { value = 1 }

  var result: Double { value }
}

/// Welford's recurrence; of the population. A first value that isn't finite makes the group NaN.
struct VarianceState: CellAccumulator {
  private var count = 0.0
  private var mean = 0.0
  private var squares = 0.0

  static var empty: VarianceState { VarianceState() }

  @inline(__always) mutating func add(_ value: Double) {
    count += 1
    if count == 1 {
      mean = value
      squares = value.isFinite ? 0 : .nan
    } else {
      let delta = value - mean
      mean += delta / count
      squares += delta * (value - mean)
    }
  }

  var result: Double { count == 0 ? .missing : squares / count }
}

struct DeviationState: CellAccumulator {
  private var variance = VarianceState.empty

  static var empty: DeviationState { DeviationState() }

  @inline(__always) mutating func add(_ value: Double) { variance.add(value) }

  var result: Double {
    let result = variance.result
    return result.isMissing ? result : result.squareRoot()
  }
}
