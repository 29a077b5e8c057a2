import Admission
import MetricModel
import Synchronization

/// Keeps a tenant within its limits.
///
/// Samples are counted after they came (`ServiceCounters` has their number), so a request that is
/// let in is never cut: one that takes more than there was left keeps the next ones waiting.
final class RequestGate: Sendable {
  private struct State {
    var queries = 0
    /// Samples that may still come; below 0 for those that came in advance.
    var allowance: Double
    var counted = 0
    var updated: Timestamp?
  }

  private let limits: Tenant.Limits
  private let counters: ServiceCounters
  private let now: @Sendable () -> Timestamp
  private let state: Mutex<State>
  /// How many seconds' worth of samples may come at once.
  private static let burstSeconds = 10.0

  init(
    _ limits: Tenant.Limits, counters: ServiceCounters, now: @escaping @Sendable () -> Timestamp
  ) {
    self.limits = limits
    self.counters = counters
    self.now = now
    state = Mutex(State(allowance: (limits.samplesPerSecond ?? 0) * Self.burstSeconds))
  }

  /// Nil when the request may go on, and then `leave` has to follow.
  func enter(_ worker: Route.Worker) -> APIResponse? {
    switch worker {
    case .here: return nil
    case .queries:
      let isFull = state.withLock { state in
        guard let limit = limits.queries, state.queries >= limit else {
          state.queries += 1
          return false
        }
        return true
      }
      guard isFull else { return nil }
      return Self.refusal(
        "\(limits.queries ?? 0) queries are being answered, which is this tenant's limit", after: 1)
    case .ingestion:
      guard let seconds = waitForSamples() else { return nil }
      return Self.refusal(
        "this tenant's limit is \(NumberText.plain(limits.samplesPerSecond ?? 0)) samples a second",
        after: seconds)
    }
  }

  func leave(_ worker: Route.Worker) {
    if case .queries = worker { state.withLock { $0.queries -= 1 } }
  }

  /// Whole seconds until samples are taken again; nil for now.
  private func waitForSamples() -> Int? {
    guard let rate = limits.samplesPerSecond else { return nil }
    let (time, count) = (now(), counters.sampleCount)
    return state.withLock { state in
      let passed = state.updated.map { Double(time.since($0).count) / 1000 } ?? 0
      state.allowance = min(rate * Self.burstSeconds, state.allowance + rate * max(passed, 0))
      state.allowance -= Double(count - state.counted)
      state.updated = time
      state.counted = count
      guard state.allowance <= 0 else { return nil }
      return Int(min(-state.allowance / rate, 3600).rounded(.up)) + 1
    }
  }

  private static func refusal(_ message: String, after seconds: Int) -> APIResponse {
    var response = APIResponse.failure(APIError(.unavailable, message))
    response.status = 429
    response.headers["Retry-After"] = String(seconds)
    return response
  }
}
