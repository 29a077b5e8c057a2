internal import Analysis
internal import AnalysisExecutor
internal import KubernetesClient
internal import Manifest
internal import MetricModel
internal import Rollouts

/// Runs the Job of a metric and waits for its end, by Argo's rules: complete is successful, failed
/// is failed, ended with its run or without an image inconclusive.
///
/// The run owns its Jobs. A Job's name follows from the run and the number of the measurement, so
/// whoever asks again, after a restart say, finds the Job that is there.
struct JobSource: MetricSource {
  let client: ClusterClient
  let run: JSONValue
  /// Whether the run is to end now.
  let isEnding: @Sendable () -> Bool

  private static let period = Duration.seconds(2)
  /// Jobs that stay for people to look at, as many as measurements do.
  private static let kept = 10

  func answer(
    _ request: MeasurementRequest, of run: String, at now: Timestamp
  ) async -> MeasurementAnswer {
    guard case .job(let metric) = request.question else { return .failed("not a job") }
    do throws(ClusterError) {
      let answer = try await outcome(of: metric, request)
      if request.id.number > Self.kept {
        try await client.delete(reference(request.metric, request.id.number - Self.kept))
      }
      return answer
    } catch {
      return .failed("\(error)")
    }
  }

  private func outcome(
    of metric: JobMetric, _ request: MeasurementRequest
  ) async throws(ClusterError) -> MeasurementAnswer {
    let job = reference(request.metric, request.id.number)
    try await make(manifest(metric, request.metric, name: job.name), job)
    while true {
      if let answer = Self.conclusion(of: try await client.get(job)) { return answer }
      if isEnding() {
        try await client.delete(job)
        return .concluded(.inconclusive, message: "the run was ended before its job")
      }
      if let reason = try await missingImage(of: job) {
        return .concluded(.inconclusive, message: reason)
      }
      do { try await Task.sleep(for: Self.period) } catch { return .failed("cancelled") }
    }
  }

  /// Isn't cancelled with its task: whoever ends the run waits for it, and then deletes the Job.
  private func make(_ manifest: JSONValue, _ job: ObjectReference) async throws(ClusterError) {
    let made = Task { [client] () -> Result<Void, ClusterError> in
      do throws(ClusterError) {
        try await client.create(manifest, as: .jobs, namespace: job.namespace)
        return .success(())
      } catch {
        return error.alreadyExists ? .success(()) : .failure(error)
      }
    }
    try await made.value.get()
  }

  private func reference(_ metric: String, _ number: Int) -> ObjectReference {
    ObjectReference(
      .jobs, run.namespace, Self.name(ofRun: run.uid, metric: metric, number: number))
  }

  /// `<run's uid>.<metric>.<number>`, as Argo names Jobs. Pods bear it as a label, so it must have
  /// 63 characters at most; a metric that can't be part of it as it is stands there shortened, with
  /// a hash (FNV-1a) to tell it from its like.
  static func name(ofRun uid: String, metric: String, number: Int) -> String {
    let room = 63 - "\(uid)..\(number)".utf8.count
    let spelled = String(
      metric.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" })
    let isFine = spelled == metric && !metric.hasPrefix("-") && !metric.hasSuffix("-")
    if isFine, metric.utf8.count <= room { return "\(uid).\(metric).\(number)" }
    let hash = metric.utf8.reduce(0x811c_9dc5 as UInt32) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
    let start = spelled.drop { $0 == "-" }.prefix(max(0, room - 9))
    return "\(uid).\(start)\(start.isEmpty ? "" : "-")\(String(hash, radix: 16)).\(number)"
  }

  private func manifest(_ metric: JobMetric, _ metricName: String, name: String) -> JSONValue {
    let metadata = metric.metadata.map { JSONValue($0) } ?? [:]
    var labels = (metadata["labels"] ?? [:]).texts
    labels["analysisrun.argoproj.io/uid"] = run.uid
    var annotations = (metadata["annotations"] ?? [:]).texts
    annotations["analysisrun.argoproj.io/name"] = run.name
    annotations["analysisrun.argoproj.io/metric-name"] = metricName
    return [
      "apiVersion": "batch/v1", "kind": "Job",
      "metadata": [
        "name": .string(name), "namespace": .string(run.namespace), "labels": JSONValue(labels),
        "annotations": JSONValue(annotations), "ownerReferences": [run.asControllerOwner],
      ],
      "spec": JSONValue(metric.spec),
    ]
  }

  /// nil while it runs.
  static func conclusion(of job: JSONValue) -> MeasurementAnswer? {
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

  /// Why the image of one of its pods can't be had; nil while nothing is known against it.
  private func missingImage(of job: ObjectReference) async throws(ClusterError) -> String? {
    let pods = try await client.list(
      .pods, namespace: job.namespace, labels: "job-name=\(job.name)")
    for pod in pods.items {
      for container in pod[path: "status", "containerStatuses"]?.asArray ?? [] {
        guard let waiting = container[path: "state", "waiting"],
          ["ErrImagePull", "ImagePullBackOff", "InvalidImageName"].contains(waiting.text("reason"))
        else { continue }
        return "\(container.text("image")): \(waiting.text("reason"))"
      }
    }
    return nil
  }
}
