/// A summary of observations that can be built in pieces and merged.
///
/// ```swift
/// var left = Moments()
/// left.add([1.0, 2.0].span)
/// var right = Moments()
/// right.add([3.0].span)
/// left.merge(right)  // the same as adding 1, 2, 3 to one summary, up to 1e-13 relative
/// ```
///
/// An empty value is the neutral element of `merge`, and `merge` is associative and commutative up
/// to rounding (1e-13 relative), so that shards and scrapes can be combined in any order.
package protocol Accumulator: Sendable {
  /// What the summary answers.
  associatedtype Result

  /// The empty summary.
  init()

  /// Adds a run of observations.
  ///
  /// - Complexity: O(n) in the length of the span.
  mutating func add(_ values: Span<Double>)

  /// Adds everything that the other summary has seen.
  mutating func merge(_ other: Self)

  /// The answer for what has been seen so far.
  var result: Result { get }
}

extension Accumulator {
  /// A summary of all values of an array.
  package init(of values: [Double]) {
    self.init()
    add(values.span)
  }

  /// The two summaries as one; see `merge(_:)`.
  package func merged(with other: Self) -> Self {
    var copy = self
    copy.merge(other)
    return copy
  }
}
