import Synchronization

/// `FairTurns` for tasks, which sleep until it is their turn.
final class Turnstile: Sendable {
  /// Why somebody didn't get through.
  enum Refusal: Error, Equatable {
    case tooManyWait(Int)
    case waitedTooLong(Duration)
  }

  private struct State {
    var turns: FairTurns<Int>
    var sleepers: [Int: CheckedContinuation<Bool, Never>] = [:]
    /// What was decided of those that don't sleep yet.
    var settled: [Int: Bool] = [:]
    var lastTicket = 0

    /// Decides of a ticket; answers who is to be woken.
    mutating func settle(_ ticket: Int, _ isAdmitted: Bool) -> CheckedContinuation<Bool, Never>? {
      let sleeper = sleepers.removeValue(forKey: ticket)
      if sleeper == nil { settled[ticket] = isAdmitted }
      return sleeper
    }
  }

  private let state: Mutex<State>
  private let waitingMax: Int
  private let patience: Duration

  /// - Parameter patience: how long one waits at most.
  init(places: Int, waitingMax: Int, patience: Duration) {
    state = Mutex(State(turns: FairTurns(places: places, waitingMax: waitingMax)))
    self.waitingMax = waitingMax
    self.patience = patience
  }

  /// Runs a body when there is a place.
  func pass<Answer: Sendable>(
    _ client: String, _ body: () async -> Answer
  ) async throws(Refusal) -> Answer {
    try await enter(client)
    let answer = await body()
    leave()
    return answer
  }

  private func enter(_ client: String) async throws(Refusal) {
    let (ticket, entry) = state.withLock { state in
      state.lastTicket += 1
      return (state.lastTicket, state.turns.enter(state.lastTicket, client: client))
    }
    switch entry {
    case .goes: return
    case .refused: throw .tooManyWait(waitingMax)
    case .waits: break
    }
    let alarm = Task {
      try? await Task.sleep(for: patience)
      if !Task.isCancelled { giveUp(ticket) }
    }
    let isAdmitted = await withCheckedContinuation { continuation in
      sleep(ticket, continuation)
    }
    alarm.cancel()
    if !isAdmitted { throw .waitedTooLong(patience) }
  }

  /// A turn may have come, or the patience be at its end, before the task sleeps.
  private func sleep(_ ticket: Int, _ continuation: CheckedContinuation<Bool, Never>) {
    let isSettled: Bool? = state.withLock { state in
      if let isAdmitted = state.settled.removeValue(forKey: ticket) { return isAdmitted }
      state.sleepers[ticket] = continuation
      return nil
    }
    if let isSettled { continuation.resume(returning: isSettled) }
  }

  private func leave() {
    let next = state.withLock { state in state.turns.leave().map { state.settle($0, true) } }
    next??.resume(returning: true)
  }

  private func giveUp(_ ticket: Int) {
    let sleeper = state.withLock { state in
      state.turns.giveUp(ticket) ? state.settle(ticket, false) : nil
    }
    sleeper?.resume(returning: false)
  }
}
