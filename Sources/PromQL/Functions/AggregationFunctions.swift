internal import Glibc

/// The summary of one group at one step.
protocol CellAccumulator {
  static var empty: Self { get }
  mutating func add(_ value: Double)
  /// `Double.missing` when nothing was added.
  var result: Double { get }
}

/// Adds the present cells of a row to the states from `start` on.
func addRow<State: CellAccumulator>(
  _ row: Span<Double>, to states: inout [State], from start: Int
) {
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
