/// The sum as an unevaluated pair: `high` is the rounded sum and `high + low` is exact.
///
/// Knuth's TwoSum (The Art of Computer Programming 2, 4.2.2, theorem B), which needs no order of
/// magnitudes. Not exact when the sum overflows.
@inline(__always)
func exactSum(_ a: Double, _ b: Double) -> (high: Double, low: Double) {
  let high = a + b
  let bPart = high - a
  let aPart = high - bPart
  return (high, (a - aPart) + (b - bPart))
}

/// The product as an unevaluated pair: `high` is the rounded product and `high + low` is exact.
///
/// One fused multiply-add (Ogita, Rump, Oishi, SIAM J. Sci. Comput. 26, 2005, algorithm 3.5). Not
/// exact where the low part underflows.
@inline(__always)
func exactProduct(_ a: Double, _ b: Double) -> (high: Double, low: Double) {
  let high = a * b
  return (high, (-high).addingProduct(a, b))
}

/// `a − n·x`, rounded about once, also where the two terms nearly cancel.
///
/// The deviation of a count from its expectation; everything in the tails depends on it, and at
/// n = 1e9 a plain subtraction would leave ten digits.
func deviation(_ a: Double, ofProduct n: (high: Double, low: Double), _ x: Double) -> Double {
  let product = exactProduct(n.high, x)
  let difference = exactSum(a, -product.high)
  return difference.high + (difference.low - product.low - n.low * x)
}
