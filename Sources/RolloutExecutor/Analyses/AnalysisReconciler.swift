internal import Analysis
internal import KubernetesClient
internal import Manifest
internal import MetricModel
internal import Synchronization

/// Carries out AnalysisRun objects, whoever made them.
///
/// The run itself is a value in memory. It is written to the object whenever no answer is awaited:
/// `status` as Argo's controller writes it, the rest as an annotation. What was awaited when a
/// controller ended is simply asked again by the next.
final class AnalysisReconciler: Sendable {
  private struct Running: Sendable {
    var run: AnalysisRun
    var uid: String
    var wake: Timestamp?
    var answers: [(MeasurementID, MeasurementAnswer)] = []
    var questions: [Task<Void, Never>] = []
  }

  private let client: ClusterClient
  private let caches: ClusterCaches
  private let queue: WorkQueue
  private let events: EventRecorder
  private let source: ClusterMetricSource
  private let now: @Sendable () -> Timestamp
  private let running = Mutex<[WorkQueue.Key: Running]>([:])

  init(
    _ client: ClusterClient, _ caches: ClusterCaches, queue: WorkQueue,
    events: EventRecorder, now: @escaping @Sendable () -> Timestamp,
    source: ClusterMetricSource
  ) {
    self.client = client
    self.caches = caches
    self.queue = queue
    self.events = events
    self.now = now
    self.source = source
  }

  /// Forgets all runs, as another controller takes over.
  func stop() {
    let all = running.withLock { running in
      defer { running = [:] }
      return running.values
    }
    for question in all.flatMap(\.questions) { question.cancel() }
  }

  func reconcile(_ key: WorkQueue.Key) async throws(ClusterError) -> Duration? {
    guard let object = caches.analysisRuns.cache.object(key.namespace, key.name),
      !object.isBeingDeleted
    else {
      forget(key)
      return nil
    }
    let known = running.withLock { $0[key] }
    let phase = AnalysisPhase(rawValue: (object["status"] ?? [:]).text("phase"))
    if let phase, phase.isCompleted {
      forget(key)
      return try await collect(object, phase)
    }
    var current: Running
    if let known, known.uid == object.uid {
      current = known
    } else {
      // A run gone on with looks at once what is due; earlier than due does no harm.
      current = Running(run: try await restore(object), uid: object.uid, wake: .earliest)
    }
    let before = current.run
    let requests = advance(&current, object)
    if current.run.phase.isCompleted, current.run.isTerminated {
      // A Job that is being made has to be there before it can be deleted.
      for question in current.questions { question.cancel() }
      for question in current.questions { await question.value }
      try await source.endJobs(of: current.run, object)
    }
    try await store(current.run, over: object, isAsking: !requests.isEmpty, was: before)
    if current.run.phase.isCompleted {
      forget(key)
      tell(current.run, object)
      return nil
    }
    let left = current.wake.map { Duration.milliseconds(max(0, $0.since(now()).count)) }
    ask(requests, object, key, current)
    return left
  }

  private func forget(_ key: WorkQueue.Key) {
    let questions = running.withLock { $0.removeValue(forKey: key)?.questions ?? [] }
    for question in questions { question.cancel() }
  }

  /// Applies what has happened; gives what is to be asked.
  private func advance(_ current: inout Running, _ object: JSONValue) -> [MeasurementRequest] {
    let now = now()
    var effects: [AnalysisEffect] = []
    if object[path: "spec", "terminate"]?.asBool == true, !current.run.isTerminated {
      effects += current.run.apply(.terminate, at: now)
    } else if current.run.phase == .pending {
      effects += current.run.apply(.started, at: now)
    }
    for (id, answer) in current.answers {
      effects += current.run.apply(.measured(id, answer), at: now)
    }
    current.answers = []
    if let wake = current.wake, wake <= now {
      current.wake = nil
      effects += current.run.apply(.woken, at: now)
    }
    var requests: [MeasurementRequest] = []
    for effect in effects {
      switch effect {
      case .measure(let request): requests.append(request)
      case .wake(let time): current.wake = time
      case .finished: current.wake = nil
      }
    }
    return requests
  }

  /// Keeps the run and asks; answers come back through the queue.
  private func ask(
    _ requests: [MeasurementRequest], _ object: JSONValue, _ key: WorkQueue.Key,
    _ current: Running
  ) {
    var current = current
    let uid = current.uid
    for request in requests {
      current.questions.append(
        Task { [weak self, source, caches, now] in
          let answer = await source.answer(request, of: object, at: now()) {
            let object = caches.analysisRuns.cache.object(key.namespace, key.name)
            return object?[path: "spec", "terminate"]?.asBool ?? false
          }
          guard let self, !Task.isCancelled else { return }
          self.running.withLock { running in
            guard running[key]?.uid == uid else { return }
            running[key]?.answers.append((request.id, answer))
          }
          self.queue.add(key)
        })
    }
    running.withLock { running in
      // Answers that came while the object was written are still to be applied.
      current.answers += running[key]?.answers ?? []
      running[key] = current
    }
    if !current.answers.isEmpty { queue.add(key) }
  }

  /// Writes what changed. While answers are awaited only the phase is shown: the rest would be
  /// taken for a run that nobody asks for.
  private func store(
    _ run: AnalysisRun, over object: JSONValue, isAsking: Bool, was before: AnalysisRun
  ) async throws(ClusterError) {
    var wanted = object
    if isAsking || run.isAwaitingAnswers {
      guard object[path: "status", "phase"] == nil else { return }
      wanted["status"] = ["phase": .string(run.phase.rawValue)]
    } else {
      let record = run.json
      wanted["status"] = run.status
      if let details = record["assay"] {
        wanted[path: "metadata", "annotations", .field(RolloutAnnotation.analysisRecord)] =
          .string(details.spelled)
      }
    }
    guard let patch = MergePatch.changing(object, to: wanted) else { return }
    let reference = ObjectReference(.analysisRuns, object.namespace, object.name)
    caches.absorb(try await client.patch(reference, patch), .analysisRuns)
  }

  /// The run of an object: gone on with from its record, or begun.
  private func restore(_ object: JSONValue) async throws(ClusterError) -> AnalysisRun {
    let namespace = object.namespace
    func unreadable(_ error: ManifestError) -> ClusterError {
      .unreadable(path: "AnalysisRun \(namespace)/\(object.name)", reason: "\(error)")
    }
    var document = object
    let record = object.annotation(RolloutAnnotation.analysisRecord)
      .flatMap { try? JSONValue(parsing: $0) }
    document["status"] = record == nil ? nil : object["status"]
    let template: AnalysisTemplate
    do throws(ManifestError) {
      template = try AnalysisTemplate(document.manifestNode)
    } catch {
      throw unreadable(error)
    }
    var sources = ArgumentSources()
    for argument in template.spec.arguments {
      guard let origin = argument.origin, case .secret(let name, let key) = origin else {
        continue
      }
      sources.secrets[origin] = try await client.secret(namespace, name, key)
    }
    guard let record else {
      return AnalysisRun(name: object.name, spec: template.spec, sources: sources)
    }
    document["assay"] = record
    do throws(ManifestError) {
      return try AnalysisRun(restoring: document.manifestNode, secrets: sources.secrets)
    } catch {
      throw unreadable(error)
    }
  }

  private func tell(_ run: AnalysisRun, _ object: JSONValue) {
    let isBad = run.phase == .failed || run.phase == .error
    events.record(
      "AnalysisRun\(run.phase.rawValue)",
      "Analysis completed: \(run.phase.rawValue)\(run.message.isEmpty ? "" : ": \(run.message)")",
      about: object, isWarning: isBad)
  }

  /// Deletes a finished run whose time is over; else answers when that will be.
  private func collect(
    _ object: JSONValue, _ phase: AnalysisPhase
  ) async throws(ClusterError) -> Duration? {
    guard let life = object[path: "spec", "ttlStrategy"],
      let completed = object["status"]?.time("completedAt")
    else { return nil }
    let special: Int64? =
      switch phase {
      case .successful: life["secondsAfterSuccess"]?.asInteger
      case .failed: life["secondsAfterFailure"]?.asInteger
      default: nil
      }
    guard let seconds = special ?? life["secondsAfterCompletion"]?.asInteger else { return nil }
    // Strictly greater, as in Argo's controller.
    let left = completed.advanced(by: .seconds(seconds)).since(now()).count + 1
    if left > 0 { return .milliseconds(left) }
    try await client.delete(
      ObjectReference(.analysisRuns, object.namespace, object.name), uid: object.uid)
    return nil
  }
}

extension AnalysisRun {
  /// Whether a measurement is under way.
  fileprivate var isAwaitingAnswers: Bool {
    results.contains { result in result.measurements.last.map { $0.finishedAt == nil } ?? false }
  }
}
