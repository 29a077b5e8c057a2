internal import Analysis
package import AnalysisExecutor
internal import FoundationEssentials
package import HTTPTransport
package import KubernetesClient
internal import Manifest
internal import MetricModel

/// Measures for the AnalysisRuns of a cluster: asks servers over HTTP with the secrets of the run's
/// namespace, and runs Jobs.
package struct ClusterMetricSource: Sendable {
  private let client: ClusterClient
  private let transport: HTTPTransport
  private let settings: RemoteSource.Settings

  package init(
    client: ClusterClient, transport: HTTPTransport, settings: RemoteSource.Settings
  ) {
    self.client = client
    self.transport = transport
    self.settings = settings
  }

  /// `isEnding` tells whether the run is to end now, which ends its Jobs.
  func answer(
    _ request: MeasurementRequest, of run: JSONValue, at now: Timestamp,
    isEnding: @escaping @Sendable () -> Bool
  ) async -> MeasurementAnswer {
    var settings = settings
    let namespace = run.namespace
    // A secret that can't be had for now makes an error of the measurement, which is tried again.
    settings.secret = { [client] name, key in
      try? await client.secret(namespace, name, key)
    }
    let source = RoutedSource(
      local: nil, remote: RemoteSource(sending: transport, settings: settings),
      jobs: JobSource(client: client, run: run, isEnding: isEnding))
    return await source.answer(request, of: run.name, at: now)
  }

  /// Deletes the Jobs of a run that go on: that of the measurement that was stopped, and one that a
  /// controller may have begun that is gone.
  func endJobs(of run: AnalysisRun, _ object: JSONValue) async throws(ClusterError) {
    for metric in object[path: "spec", "metrics"]?.asArray ?? []
    where metric[path: "provider", "job"] != nil {
      let name = metric.text("name")
      let taken = run.results.first { $0.name == name }?.taken ?? 0
      for number in max(taken, 1)...(taken + 1) {
        let job = JobSource.name(ofRun: object.uid, metric: name, number: number)
        try await endJob(ObjectReference(.jobs, object.namespace, job))
      }
    }
  }

  private func endJob(_ job: ObjectReference) async throws(ClusterError) {
    let found: JSONValue
    do throws(ClusterError) {
      found = try await client.get(job)
    } catch  where error.isNotFound {
      return
    }
    // One that has ended stays for people to look at.
    if JobSource.conclusion(of: found) == nil { try await client.delete(job) }
  }
}

extension ClusterClient {
  /// The text of a secret's key; nil when there is none, or it may not be read.
  func secret(
    _ namespace: String, _ name: String, _ key: String
  ) async throws(ClusterError) -> String? {
    let secret: JSONValue
    do throws(ClusterError) {
      secret = try await get(ObjectReference(.secrets, namespace, name))
    } catch  where error.isNotFound || error.isForbidden {
      return nil
    }
    guard let text = secret[path: "data", .field(key)]?.asString,
      let bytes = Data(base64Encoded: text)
    else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }
}
