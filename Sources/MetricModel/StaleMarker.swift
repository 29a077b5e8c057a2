/// The NaN with which Prometheus says "this series has ended here".
///
/// It is told from ordinary NaNs by its bits alone, so bit patterns must be kept everywhere and
/// compared instead of values.
package enum StaleMarker {
  package static let bitPattern: UInt64 = 0x7ff0_0000_0000_0002
  package static let value = Double(bitPattern: bitPattern)
}

extension Double {
  /// Whether this is Prometheus' staleness marker, not just any NaN.
  @inlinable package var isStaleMarker: Bool { bitPattern == 0x7ff0_0000_0000_0002 }
}
