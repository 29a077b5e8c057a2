internal import MetricModel

/// When metrics are due. Nothing else decides that.
enum Schedule {
  /// The time to the next measurement after one that was an error, whatever `interval` says, and
  /// where a metric has none (analysis.go, `DefaultErrorRetryInterval`).
  static let errorRetry = Milliseconds.seconds(10)

  /// When the next measurement is due; nil when there is none to take, or while one is awaited.
  ///
  /// A metric with an initial delay isn't due before the run has been assessed for the first time,
  /// since the delay counts from there.
  static func nextMeasurement(
    of plan: MetricPlan, after result: MetricResult?, runStartedAt: Timestamp?
  ) -> Timestamp? {
    guard let result, let last = result.measurements.last else {
      guard let delay = firstDelay(of: plan) else { return .earliest }
      return runStartedAt?.advanced(by: delay.milliseconds)
    }
    guard !result.phase.isCompleted, let finishedAt = last.finishedAt else { return nil }
    if let count = plan.spec.effectiveCount, result.count >= count { return nil }
    guard last.phase != .error, let interval = plan.spec.interval?.value else {
      return finishedAt.advanced(by: errorRetry)
    }
    return finishedAt.advanced(by: interval.milliseconds)
  }

  /// The time from the start to the first measurement; nil for none.
  ///
  /// A comparison of what happens from the start of the run on has nothing to see at the start, so
  /// it waits for an interval unless the template says otherwise.
  private static func firstDelay(of plan: MetricPlan) -> GoDuration? {
    if let delay = plan.spec.initialDelay?.value { return delay }
    guard plan.spec.provider?.startsWithStep == true else { return nil }
    return plan.spec.interval?.value
  }
}
