/// A sum of doubles that keeps the rounding errors apart and gives them back at the end.
///
/// ```swift
/// CompensatedSum(of: [1, 1e100, 1, -1e100]).result  // 2, where a plain sum answers 0
/// ```
///
/// Neumaier's variant of Kahan summation (A. Neumaier, "Rundungsfehleranalyse einiger Verfahren
/// zur Summation endlicher Summen", ZAMM 54, 1974): each addition is done exactly as a pair
/// (sum, error) and the errors are summed beside. The relative error of the result is about
/// 2 ulp + n² ulp² × (Σ|x| / |Σx|).
///
/// NaN and infinities behave as in a plain sum. The empty sum is 0.
package struct CompensatedSum: Accumulator, Hashable, Codable {
  private var high = 0.0
  private var low = 0.0

  package init() {}

  /// The rounded sum of everything added.
  package var result: Double {
    // Once the plain sum is infinite or NaN, the error term is NaN and must not hide it.
    high.isFinite ? high + low : high
  }

  /// Adds one value.
  package mutating func add(_ value: Double) {
    let sum = exactSum(high, value)
    high = sum.high
    low += sum.low
  }

  package mutating func add(_ values: Span<Double>) {
    for index in values.indices { add(values[index]) }
  }

  package mutating func merge(_ other: CompensatedSum) {
    add(other.high)
    low += other.low
  }
}
