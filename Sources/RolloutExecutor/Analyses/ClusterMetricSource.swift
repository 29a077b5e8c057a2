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

  func answer(
    _ request: MeasurementRequest, of run: JSONValue, at now: Timestamp
  ) async -> MeasurementAnswer {
    var settings = settings
    let namespace = run.namespace
    settings.secret = { [client] name, key in await client.secret(namespace, name, key) }
    let source = RoutedSource(
      local: nil, remote: RemoteSource(sending: transport, settings: settings),
      jobs: JobSource(client: client, run: run))
    return await source.answer(request, of: run.name, at: now)
  }
}

/// Runs the Job of a metric and waits for its end. Its name follows from the run and the number of
/// the measurement, so asking again finds the Job that is there.
private struct JobSource: MetricSource {
  let client: ClusterClient
  let run: JSONValue

  private static let period = Duration.seconds(2)

  func answer(
    _ request: MeasurementRequest, of run: String, at now: Timestamp
  ) async -> MeasurementAnswer {
    guard case .job(let metric) = request.question else { return .failed("not a job") }
    let name = "\(self.run.uid).\(request.metric).\(request.id.number)"
    let job = ObjectReference(.jobs, self.run.namespace, name)
    do throws(ClusterError) {
      do throws(ClusterError) {
        try await client.create(
          manifest(metric, name: name), as: .jobs, namespace: self.run.namespace)
      } catch {
        guard error.alreadyExists else { throw error }
      }
      while true {
        if let answer = Self.conclusion(of: try await client.get(job)) { return answer }
        do { try await Task.sleep(for: Self.period) } catch { return .failed("cancelled") }
      }
    } catch {
      return .failed("\(error)")
    }
  }

  private func manifest(_ metric: JobMetric, name: String) -> JSONValue {
    let metadata = metric.metadata.map { JSONValue($0) } ?? [:]
    var labels = (metadata["labels"] ?? [:]).texts
    labels["analysisrun.argoproj.io/uid"] = run.uid
    return [
      "apiVersion": "batch/v1", "kind": "Job",
      "metadata": [
        "name": .string(name), "namespace": .string(run.namespace), "labels": JSONValue(labels),
        "annotations": metadata["annotations"] ?? [:],
        "ownerReferences": [run.asControllerOwner],
      ],
      "spec": JSONValue(metric.spec),
    ]
  }

  /// nil while it runs.
  private static func conclusion(of job: JSONValue) -> MeasurementAnswer? {
    for condition in job[path: "status", "conditions"]?.asArray ?? []
    where condition.text("status") == "True" {
      switch condition.text("type") {
      case "Complete": return .concluded(.successful, message: "")
      case "Failed": return .concluded(.failed, message: condition.text("message"))
      default: continue
      }
    }
    return nil
  }
}

extension ClusterClient {
  /// The text of a secret's key; nil when there is none, or it may not be read.
  func secret(_ namespace: String, _ name: String, _ key: String) async -> String? {
    guard let secret = try? await get(ObjectReference(.secrets, namespace, name)),
      let text = secret[path: "data", .field(key)]?.asString, let bytes = Data(base64Encoded: text)
    else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }
}
