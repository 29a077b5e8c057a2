import Logging
import MetricModel
import Rules
import Synchronization
import TimeSeriesStore

/// Evaluates groups of rules when it is their turn, writes what they give and has alerts sent.
final class RuleRunner: Sendable {
  /// What is known of a group.
  struct Report: Sendable {
    var state: RuleGroupState
    var schedule: RuleSchedule
    var evaluationSeconds = 0.0
    var lastEvaluation: Timestamp?
    var evaluations = 0
    var missed: Int64 = 0
  }

  private let board: Mutex<[Report]>
  private let options: RuleOptions
  private let store: Store
  /// What rules are evaluated over.
  private let series: @Sendable () -> any SeriesSource
  private let now: @Sendable () -> Timestamp
  private let pool: WorkerPool
  private let notifier: AlertNotifier
  private let logger: Logger
  /// Groups read anew that are to take the place of those running.
  private let replacements: AsyncStream<[RuleGroup]>
  private let announce: AsyncStream<[RuleGroup]>.Continuation
  private let loading: Mutex<Loading>

  /// What came of reading the rules last.
  struct Loading: Sendable {
    var hasSucceeded = true
    /// Of the last success.
    var time: Timestamp
  }

  /// - Parameter series: what rules are evaluated over; nil for the store.
  init(
    _ options: RuleOptions, store: Store, series: (@Sendable () -> any SeriesSource)? = nil,
    now: @escaping @Sendable () -> Timestamp, pool: WorkerPool, notifier: AlertNotifier,
    logger: Logger
  ) {
    board = Mutex(
      options.groups.map { group in
        let interval = group.interval ?? options.evaluationInterval
        return Report(
          state: RuleGroupState(group, awaitsRestoration: true),
          schedule: RuleSchedule(group, interval: interval))
      })
    self.options = options
    self.store = store
    self.series = series ?? { store.snapshot() }
    self.now = now
    self.pool = pool
    self.notifier = notifier
    self.logger = logger
    (replacements, announce) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    loading = Mutex(Loading(time: now()))
  }

  var lastLoading: Loading { loading.withLock { $0 } }

  /// Reads the rules anew; those running go on until they are replaced, also when this throws.
  func reload() throws {
    do {
      let groups = try options.readGroups()
      announce.yield(groups)
      loading.withLock { $0 = Loading(time: now()) }
    } catch {
      loading.withLock { $0.hasSucceeded = false }
      throw error
    }
  }

  /// Puts groups in the place of those that were there; a group of the same file and name takes
  /// over what was known of its rules.
  func replaceGroups(by groups: [RuleGroup]) {
    board.withLock { reports in
      let earlier = reports
      reports = groups.map { group in
        let interval = group.interval ?? options.evaluationInterval
        let schedule = RuleSchedule(group, interval: interval)
        let before = earlier.first {
          $0.state.group.name == group.name && $0.state.group.file == group.file
        }
        guard var report = before else {
          return Report(
            state: RuleGroupState(group, awaitsRestoration: true), schedule: schedule)
        }
        report.state = RuleGroupState(group, after: report.state)
        report.schedule = schedule
        return report
      }
    }
  }

  var reports: [Report] { board.withLock { $0 } }

  /// Runs until the task is cancelled. What is being evaluated when rules are replaced ends first.
  func run() async {
    var running = Task { await runGroups() }
    for await groups in replacements {
      running.cancel()
      await running.value
      replaceGroups(by: groups)
      running = Task { await runGroups() }
    }
    running.cancel()
    await running.value
  }

  /// Each group has a task of its own.
  private func runGroups() async {
    await withDiscardingTaskGroup { tasks in
      for index in reports.indices {
        tasks.addTask { await self.run(group: index) }
      }
    }
  }

  private func run(group index: Int) async {
    let schedule = reports[index].schedule
    var slot = schedule.slot(before: now())
    while true {
      let wait = slot.milliseconds + schedule.interval.count - now().milliseconds
      guard (try? await Task.sleep(for: .milliseconds(max(0, wait)))) != nil else { return }
      let turn = schedule.turn(after: slot, at: now())
      slot = turn.slot
      let due = slot
      let alerts = await pool.run { self.evaluate(index, at: due, missed: turn.missed) }
      if !alerts.isEmpty { await notifier.send(alerts) }
    }
  }

  /// One turn of a group. Only the group's own task changes its report.
  func evaluate(_ index: Int, at slot: Timestamp, missed: Int64 = 0) -> [AlertNotifier.Message] {
    var report = reports[index]
    let start = ContinuousClock.now
    var messages: [AlertNotifier.Message] = []
    for rule in report.state.group.rules.indices {
      let ruleStart = ContinuousClock.now
      let output = report.state.evaluate(
        rule, at: slot, from: series(), in: options.environment)
      if let failure = write(output) {
        report.state.reportWriteFailure(failure, ofRule: rule)
        logger.warning("a rule's result could not be written: \(failure)")
      }
      report.state.setDuration(Self.seconds(since: ruleStart), ofRule: rule)
      let alerts = report.state.takeForSending(
        rule, at: slot, resendDelay: options.resendDelay, interval: report.schedule.interval)
      let expression = report.state.group.rules[rule].expression
      messages += alerts.map { AlertNotifier.Message(alert: $0, expression: expression) }
    }
    if let failure = write(report.state.takeOrphans(at: slot)) {
      logger.warning("the end of removed series could not be written: \(failure)")
    }
    report.evaluations += 1
    // The first turn may have come before anything was scraped; after the second, alerts that were
    // active before the restart are known again.
    if report.evaluations == 2 { restore(&report, at: slot) }
    report.missed += missed
    report.evaluationSeconds = Self.seconds(since: start)
    report.lastEvaluation = slot
    let done = report
    board.withLock { $0[index] = done }
    return messages
  }

  private func restore(_ report: inout Report, at slot: Timestamp) {
    do {
      try report.state.restore(at: slot, from: series())
    } catch {
      logger.warning("alerts could not be restored: \(error)")
    }
  }

  private static func seconds(since start: ContinuousClock.Instant) -> Double {
    let parts = (ContinuousClock.now - start).components
    return Double(parts.seconds) + Double(parts.attoseconds) * 1e-18
  }

  /// Why the samples are not stored; nil when they are.
  private func write(_ output: RuleOutput) -> String? {
    guard !output.samples.isEmpty else { return nil }
    var batch = SampleBatch()
    for sample in output.samples {
      let series = batch.addSeries(sample.labels)
      switch sample.value {
      case .number(let value): batch.append(series: series, sample.time, value)
      case .histogram(let histogram):
        batch.append(HistogramRow(series: series, time: sample.time, histogram: histogram))
      }
    }
    do throws(StoreError) {
      let outcome = try store.append(batch)
      return outcome.refusals.first.map { "\($0)" }
    } catch {
      return error.description
    }
  }
}
