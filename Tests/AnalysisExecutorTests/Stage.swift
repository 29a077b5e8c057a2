import Analysis
import AnalysisExecutor
import HTTPTransport
import Manifest
import MetricModel
import Synchronization
import YAMLReader

/// Time that passes when a test says so.
final class ManualClock: Sendable {
  private struct State {
    var now = Timestamp(milliseconds: 1_700_000_000_000)
    var sleepers: [(id: Int, time: Timestamp, continuation: CheckedContinuation<Void, any Error>)] =
      []
    var cancelled: Set<Int> = []
    var number = 0
  }

  private let state = Mutex(State())

  var now: Timestamp { state.withLock { $0.now } }

  /// When the earliest sleeper wants to be woken.
  var next: Timestamp? { state.withLock { $0.sleepers.map(\.time).min() } }

  var clock: RunClock {
    RunClock(now: { self.now }, sleep: { try await self.sleep($0) })
  }

  private func sleep(_ length: Milliseconds) async throws {
    let id = state.withLock { state in
      state.number += 1
      return state.number
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let isOver = state.withLock { state in
          if state.cancelled.contains(id) { return true }
          state.sleepers.append((id, state.now.advanced(by: length), continuation))
          return false
        }
        if isOver { continuation.resume(throwing: CancellationError()) }
      }
    } onCancel: {
      let sleeper = state.withLock { state in
        state.cancelled.insert(id)
        let index = state.sleepers.firstIndex { $0.id == id }
        return index.map { state.sleepers.remove(at: $0) }
      }
      sleeper?.continuation.resume(throwing: CancellationError())
    }
  }

  func advance(to time: Timestamp) {
    let due = state.withLock { state in
      state.now = max(state.now, time)
      let due = state.sleepers.filter { $0.time <= state.now }
      state.sleepers.removeAll { $0.time <= state.now }
      return due
    }
    for sleeper in due { sleeper.continuation.resume() }
  }
}

/// Answers measurements by a closure, and remembers what was asked.
final class ScriptedSource: MetricSource {
  private let asked = Mutex<[MeasurementID]>([])
  private let script: @Sendable (MeasurementRequest, Timestamp) async -> MeasurementAnswer

  init(_ script: @escaping @Sendable (MeasurementRequest, Timestamp) async -> MeasurementAnswer) {
    self.script = script
  }

  var requests: [MeasurementID] { asked.withLock { $0 } }

  func answer(
    _ request: MeasurementRequest, of run: String, at now: Timestamp
  ) async -> MeasurementAnswer {
    asked.withLock { $0.append(request.id) }
    return await script(request, now)
  }

  static func number(_ value: Double, at now: Timestamp) -> MeasurementAnswer {
    .answered([.scalar(ScalarPoint(time: now, value: value))])
  }
}

/// A journal in memory that may refuse to be written.
final class MemoryJournal: RunJournal {
  private let files = Mutex<[String: [String]]>([:])
  private let refusals = Mutex(0)
  private let commits = Mutex(0)

  func refuse(_ times: Int) { refusals.withLock { $0 = times } }

  private func check() throws(JournalError) {
    let isRefused = refusals.withLock { count in
      count -= 1
      return count >= 0
    }
    if isRefused { throw JournalError("no space left on device") }
  }

  func names() throws(JournalError) -> [String] { files.withLock { $0.keys.sorted() } }
  func lines(of run: String) throws(JournalError) -> [String] {
    files.withLock { $0[run] ?? [] }
  }
  func commit(_ changes: [JournalChange]) throws(JournalError) {
    try check()
    files.withLock { files in
      for change in changes {
        switch change {
        case .append(let lines, let run): files[run, default: []] += lines
        case .replace(let lines, let run): files[run] = lines
        case .remove(let run): files[run] = nil
        }
      }
    }
    commits.withLock { $0 += 1 }
  }

  /// How often something was written.
  var commitCount: Int { commits.withLock { $0 } }

  /// A copy as it would be found after a crash now.
  var copy: MemoryJournal {
    let copy = MemoryJournal()
    let files = files.withLock { $0 }
    copy.files.withLock { $0 = files }
    return copy
  }
}

/// Answers requests by a closure, and remembers them.
final class ScriptedServers: RequestSending {
  private let sent = Mutex<[HTTPRequest]>([])
  private let script: @Sendable (HTTPRequest, Int) throws -> HTTPResponse

  init(_ script: @escaping @Sendable (HTTPRequest, _ number: Int) throws -> HTTPResponse) {
    self.script = script
  }

  var requests: [HTTPRequest] { sent.withLock { $0 } }

  func send(_ request: HTTPRequest, bodyLimitBytes: Int) async throws -> HTTPResponse {
    let number = sent.withLock { sent in
      sent.append(request)
      return sent.count
    }
    return try script(request, number)
  }
}

extension HTTPResponse {
  init(_ status: Int, _ body: String) {
    self.init(head: HTTPHead(status: status), body: Array(body.utf8))
  }
}

enum Specs {
  static func spec(_ metrics: String, rest: String = "") throws -> AnalysisSpec {
    let text = """
      apiVersion: argoproj.io/v1alpha1
      kind: AnalysisTemplate
      metadata: {name: t}
      spec:
        \(rest)
        metrics: \(metrics)
      """
    return try AnalysisTemplate(YAMLReader.documents(in: text)[0]).spec
  }

  static func threshold(count: Int = 3, query: String = "q") throws -> AnalysisSpec {
    try spec(
      "[{name: m, interval: 1m, count: \(count), failureLimit: 1, successCondition: 'result > 0', "
        + "provider: {prometheus: {query: '\(query)'}}}]")
  }

  /// What one metric of the provider asks.
  static func request(_ provider: String) throws -> MeasurementRequest {
    var run = AnalysisRun(
      name: "r", spec: try spec("[{name: m, interval: 1m, count: 2, provider: {\(provider)}}]"))
    let effects = run.apply(.started, at: Timestamp(milliseconds: 1_700_000_000_250))
    guard case .measure(let request)? = effects.first else { throw NoRequest(run.message) }
    return request
  }

  struct NoRequest: Error {
    let message: String; init(_ message: String) { self.message = message }
  }
}

/// Lets other tasks go on until the condition holds; gives up after a bound of turns.
func eventually(_ condition: @Sendable () async -> Bool) async -> Bool {
  for _ in 0..<200_000 {
    if await condition() { return true }
    await Task.yield()
  }
  return false
}
