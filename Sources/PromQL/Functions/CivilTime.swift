internal import MetricModel

/// A moment in UTC as the date functions see it.
struct CivilTime: Equatable {
  let date: CivilDate
  /// 0 to 23.
  let hour: Int64
  let minute: Int64

  private static let secondsPerDay: Int64 = 86_400
  /// From Go's year zero, -292277022399, a multiple of days.
  private static let secondsBeforeEpoch: Int64 = 9_223_372_028_715_321_600

  /// Any count of seconds is allowed; years run to hundreds of billions at the ends.
  ///
  /// Go counts unsigned seconds from a year zero long ago. The 8 thousand million seconds before it
  /// (all that NaN and infinities are converted to lies there) wrap into the far future.
  init(secondsSinceEpoch seconds: Int64) {
    let unsigned = UInt64(bitPattern: seconds &+ Self.secondsBeforeEpoch)
    let days =
      Int64(unsigned / UInt64(Self.secondsPerDay)) - Self.secondsBeforeEpoch / Self.secondsPerDay
    let rest = Int64(unsigned % UInt64(Self.secondsPerDay))
    date = CivilDate(daysSinceEpoch: days)
    hour = rest / 3600
    minute = rest % 3600 / 60
  }
}
