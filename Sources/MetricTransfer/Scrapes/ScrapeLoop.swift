package import HTTPTransport
package import MetricModel
package import Scraping
import Synchronization
package import TimeSeriesStore

/// Scrapes the targets of a configuration into a store.
///
///     let loop = ScrapeLoop(store: store, transport: transport, files: files, options)
///     loop.take(configuration)              // now, and again at each reload
///     await loop.run()                      // until the task is cancelled
///     loop.status                           // for /api/v1/targets
///
/// What to do when is decided by `ScrapeSchedule`, what to store by `ScrapeRecord`; here are the
/// clock, the requests and the store. At its end no markers are written: a server that restarts
/// goes on where it was, as Prometheus does.
package final class ScrapeLoop: Sendable {
  /// What the loop needs beside the store.
  package struct Options: Sendable {
    /// Where answers are parsed and stored, which takes processor and disk.
    package var workers: any TaskExecutor
    package var now: @Sendable () -> Timestamp
    /// Hears what an operator should know.
    package var report: @Sendable (String) -> Void
    /// The header `User-Agent`.
    package var agent = "Assay"
    /// Whether series get their types and units as labels.
    package var labelsTypesAndUnits = false
    /// Whether `_created` samples of OpenMetrics are start times and no series.
    package var takesCreated = false

    package init(
      workers: any TaskExecutor, now: @escaping @Sendable () -> Timestamp,
      report: @escaping @Sendable (String) -> Void
    ) {
      self.workers = workers
      self.now = now
      self.report = report
    }
  }

  private struct State {
    var jobs: [ScrapeJob] = []
    var schedule = ScrapeSchedule()
    var discovery = TargetDiscovery()
    var records: [ScrapeTarget.Identity: ScrapeRecord] = [:]
    var reports: [ScrapeTarget.Identity: TargetReport] = [:]
    var dropped: [(job: Int, labels: Labels)] = []
    /// Why all scrapes of a job fail: too many targets.
    var refusals: [Int: String] = [:]
    var counters = ScrapeCounters()
  }

  private let state = Mutex(State())
  private let store: Store
  private let fetcher: TargetFetcher
  private let options: Options
  private let files: TransferFiles

  package init(store: Store, transport: HTTPTransport, files: TransferFiles, _ options: Options) {
    self.store = store
    self.files = files
    self.options = options
    fetcher = TargetFetcher(transport: transport, files: files, agent: options.agent)
  }

  /// Takes what there is to scrape from now on; targets that stay keep their beat and their series.
  package func take(_ configuration: ScrapeConfiguration) {
    let now = options.now()
    let said = state.withLock { state in
      state.jobs = configuration.jobs
      state.discovery = TargetDiscovery()
      var said: [String] = []
      _ = state.discovery.refresh(state.jobs, at: now, files) { said.append($0) }
      return said + updateTargets(&state, at: now)
    }
    said.forEach(options.report)
  }

  /// Runs until the task is cancelled; scrapes under way are given up then.
  package func run() async {
    await withDiscardingTaskGroup { tasks in
      while !Task.isCancelled {
        let now = options.now()
        for due in takeDue(at: now) {
          tasks.addTask { await self.perform(due) }
        }
        let next = state.withLock { $0.schedule.nextWake }
        // Awake each second at least, for files of targets and for new configurations.
        let wait = min(max(0, (next?.since(options.now()).count ?? 1000)), 1000)
        guard (try? await Task.sleep(for: .milliseconds(wait), tolerance: .zero)) != nil else {
          break
        }
      }
      tasks.cancelAll()
    }
  }

  private func takeDue(at now: Timestamp) -> [ScrapeSchedule.Due] {
    var said: [String] = []
    let due = state.withLock { state in
      if state.discovery.refresh(state.jobs, at: now, files, report: { said.append($0) }) {
        said += updateTargets(&state, at: now)
      }
      return state.schedule.takeDue(at: now)
    }
    said.forEach(options.report)
    return due
  }

  /// Makes targets of what was found; what is wrong with some of them.
  private func updateTargets(_ state: inout State, at now: Timestamp) -> [String] {
    var targets: [ScrapeTarget.Identity: ScrapeTarget] = [:]
    var said: [String] = []
    state.dropped = []
    state.refusals = [:]
    for (position, job) in state.jobs.enumerated() {
      let before = targets.count
      for outcome in job.targets(
        of: job.groups + state.discovery.groups(of: job, files), position: position)
      {
        switch outcome {
        case .target(let target): targets[target.identity] = target
        case .dropped(let labels): state.dropped.append((position, labels))
        case .invalid(let labels, let reason):
          said.append("job \(job.name): a target can't be scraped: \(reason), found: \(labels)")
        }
      }
      let count = targets.count - before
      if job.limits.targets > 0, count > job.limits.targets {
        state.refusals[position] =
          "target_limit exceeded (number of targets: \(count), limit: \(job.limits.targets))"
        state.counters.targetLimitExceeded += 1
      }
    }
    state.schedule.update(Array(targets.values), at: now)
    state.reports = targets.mapValues { target in
      var report = state.reports[target.identity] ?? TargetReport(target)
      report.target = target
      return report
    }
    return said
  }

  private func perform(_ due: ScrapeSchedule.Due) async {
    switch due {
    case .scrape(let target, let time): await scrape(target, at: time)
    case .markStale(let identity, let time):
      guard var record = state.withLock({ $0.records.removeValue(forKey: identity) }) else {
        return
      }
      let batch = record.end(of: identity, at: time)
      await withTaskExecutorPreference(options.workers) { self.append(batch, of: identity.url) }
    }
  }

  private func scrape(_ target: ScrapeTarget, at time: Timestamp) async {
    let (job, record, refusal) = state.withLock { state in
      (
        state.jobs.indices.contains(target.job) ? state.jobs[target.job] : nil,
        state.records[target.identity]
          ?? ScrapeRecord(
            labelsTypesAndUnits: options.labelsTypesAndUnits, takesCreated: options.takesCreated),
        state.refusals[target.job]
      )
    }
    guard let job else { return }
    let start = ContinuousClock.now
    let answer: ScrapeAnswer
    if let refusal {
      answer = .failure(refusal)
    } else {
      answer = await fetcher.fetch(target, job)
    }
    // What the end of the loop interrupts is no failure of the target.
    guard !Task.isCancelled else { return }
    let seconds = Self.seconds(since: start)
    await withTaskExecutorPreference(options.workers) {
      var record = record
      let outcome = record.take(answer, of: target, job, at: time, seconds: seconds)
      self.append(outcome.batch, of: target.url)
      self.finish(target, record, outcome, at: time, seconds: seconds)
    }
  }

  private func finish(
    _ target: ScrapeTarget, _ record: ScrapeRecord, _ outcome: ScrapeOutcome, at time: Timestamp,
    seconds: Double
  ) {
    state.withLock { state in
      state.schedule.finish(target.identity)
      state.records[target.identity] = record
      state.counters.scrapes += 1
      if let error = outcome.error {
        state.counters.failures += 1
        if error == ScrapeAnswer.bodyTooLarge { state.counters.bodyLimitExceeded += 1 }
        if error == ScrapeOutcome.tooManySamples { state.counters.sampleLimitExceeded += 1 }
      }
      guard var report = state.reports[target.identity] else { return }
      report.health = outcome.error == nil ? .up : .down
      report.lastError = outcome.error ?? ""
      report.lastScrape = time
      report.lastSeconds = seconds
      if outcome.error == nil { report.metadata = outcome.batch.metadata }
      state.reports[target.identity] = report
    }
  }

  private func append(_ batch: SampleBatch, of url: String) {
    do throws(StoreError) {
      let outcome = try store.append(batch)
      state.withLock { state in
        state.counters.duplicates += outcome.conflicts
        state.counters.outOfOrder += outcome.tooOld
        state.counters.exemplarsOutOfOrder += outcome.exemplarsRefused
      }
    } catch {
      options.report("a scrape of \(url) could not be stored: \(error)")
    }
  }

  private static func seconds(since start: ContinuousClock.Instant) -> Double {
    let parts = (ContinuousClock.now - start).components
    return Double(parts.seconds) + Double(parts.attoseconds) * 1e-18
  }

  /// What is scraped, and how it went.
  package var status: ScrapeStatus {
    state.withLock { state in
      var status = ScrapeStatus()
      status.jobs = state.jobs.map(\.name)
      status.active = state.reports.values.sorted {
        ($0.target.job, $0.target.labels, $0.target.url) < (
          $1.target.job, $1.target.labels, $1.target.url
        )
      }
      status.dropped = state.dropped
      status.counters = state.counters
      return status
    }
  }
}
