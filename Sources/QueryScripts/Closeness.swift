import MetricModel

/// When two computed numbers count as the same: Prometheus' rule for its test scripts.
enum Closeness {
  /// The accepted difference relative to the sum of both magnitudes.
  private static let relativeBound = 1e-6

  /// Staleness markers equal only each other, other NaNs each other. Zero equals nothing but zero,
  /// since next to it only an absolute bound would have a meaning.
  static func areClose(_ a: Double, _ b: Double) -> Bool {
    if a.isStaleMarker || b.isStaleMarker { return a.isStaleMarker && b.isStaleMarker }
    if a.isNaN || b.isNaN { return a.isNaN && b.isNaN }
    if a == b { return true }
    let sum = a.magnitude + b.magnitude
    let difference = (a - b).magnitude
    if a == 0 || b == 0 || sum < .leastNormalMagnitude {
      return difference < relativeBound * .leastNormalMagnitude
    }
    return difference / min(sum, .greatestFiniteMagnitude) < relativeBound
  }
}
