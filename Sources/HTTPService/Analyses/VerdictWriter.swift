package import Analysis
package import MetricModel
internal import Synchronization
package import TimeSeriesStore

/// Stores verdicts as series, `assay_verdict{…}`. Whoever tells of one doesn't wait for the disk;
/// what comes while it is waited for is written together.
package final class VerdictWriter: Sendable {
  private struct State {
    var series = VerdictSeries()
    var pending = SampleBatch()
    var isWriting = false
  }

  private let store: Store
  private let executor: WorkerPool
  private let onTrouble: @Sendable (StoreError) -> Void
  private let state = Mutex(State())

  /// - Parameters:
  ///   - executor: waits for the disk.
  ///   - onTrouble: told why verdicts are missing from the store; the runs have them all the same.
  package init(
    store: Store, executor: WorkerPool, onTrouble: @escaping @Sendable (StoreError) -> Void
  ) {
    self.store = store
    self.executor = executor
    self.onTrouble = onTrouble
  }

  /// To be called after each change of a run.
  package func add(_ run: AnalysisRun, at now: Timestamp) {
    let starts = state.withLock { state in
      state.series.add(run, at: now, to: &state.pending)
      defer { state.isWriting = true }
      return !state.isWriting
    }
    if starts { Task(executorPreference: executor) { self.write() } }
  }

  private func write() {
    while let batch = next() {
      do throws(StoreError) {
        _ = try store.append(batch)
      } catch {
        onTrouble(error)
      }
    }
  }

  private func next() -> SampleBatch? {
    state.withLock { state in
      guard state.pending.count > 0 else {
        state.isWriting = false
        return nil
      }
      defer { state.pending = SampleBatch() }
      return state.pending
    }
  }
}
