package import Analysis
package import MetricModel

/// Whoever performs measurements: asks what a metric asks for, and comes back with the answer.
///
/// A failure is an answer too (`MeasurementAnswer.failed`). A measurement may be asked for again
/// after a restart, under the same id.
package protocol MetricSource: Sendable {
  func answer(
    _ request: MeasurementRequest, of run: String, at now: Timestamp
  ) async -> MeasurementAnswer
}

/// Values of secrets, by the secret's name and key; nil where there is none.
package typealias SecretReading = @Sendable (_ name: String, _ key: String) async -> String?

/// Sends each question to whom it belongs: queries without an address to the store at hand, all
/// else over the network.
///
///     let source = RoutedSource(
///       local: LocalSource { store.snapshot() }, remote: RemoteSource(sending: transport))
package struct RoutedSource: MetricSource {
  private let local: (any MetricSource)?
  private let remote: (any MetricSource)?
  private let jobs: (any MetricSource)?

  /// - Parameters:
  ///   - local: nil where queries without an address go to the remote one's.
  ///   - remote: nil where no server may be asked.
  ///   - jobs: runs Kubernetes Jobs; nil where there is no cluster.
  package init(
    local: (any MetricSource)?, remote: (any MetricSource)?, jobs: (any MetricSource)? = nil
  ) {
    self.local = local
    self.remote = remote
    self.jobs = jobs
  }

  package func answer(
    _ request: MeasurementRequest, of run: String, at now: Timestamp
  ) async -> MeasurementAnswer {
    switch request.question {
    case .queries(let queries):
      let hasAddress = queries.contains { $0.server.address?.isEmpty == false }
      if let local, !hasAddress { return await local.answer(request, of: run, at: now) }
    case .job:
      guard let jobs else { return .failed("jobs need a cluster, and none is connected here") }
      return await jobs.answer(request, of: run, at: now)
    case .web, .graphite, .influxdb, .kayenta: break
    }
    guard let remote else {
      return .failed("asking servers over the network is not allowed here, only the store at hand")
    }
    return await remote.answer(request, of: run, at: now)
  }
}
