internal import Synchronization

/// One request under way: where the loop's thread and the task that asked meet.
final class Exchange: Sendable {
  let request: HTTPRequest
  private let isWanted: @Sendable (Exchange) -> Void
  private let state = Mutex(State())

  private struct State {
    var head: HTTPHead?
    var pieces: [[UInt8]] = []
    /// Set once: how it ended.
    var end: Result<Void, TransportError>?
    var reader: CheckedContinuation<Void, Never>?

    mutating func takeReader() -> CheckedContinuation<Void, Never>? {
      defer { reader = nil }
      return reader
    }
  }

  /// `wanted` tells the loop to look at the exchange again: to go on, or to drop it.
  init(_ request: HTTPRequest, wanted: @escaping @Sendable (Exchange) -> Void) {
    self.request = request
    isWanted = wanted
  }

  // The loop's side.

  var hasEnded: Bool { state.withLock { $0.end != nil } }
  /// Whether the reader has taken everything handed over.
  var isEmpty: Bool { state.withLock { $0.pieces.isEmpty } }
  var hasHead: Bool { state.withLock { $0.head != nil } }

  func deliver(head: HTTPHead) { change { $0.head = head } }

  func deliver(_ piece: [UInt8]) { change { $0.pieces.append(piece) } }

  /// The first end counts.
  func finish(_ result: Result<Void, TransportError>) {
    change { if $0.end == nil { $0.end = result } }
  }

  private func change(_ edit: (inout State) -> Void) {
    let reader = state.withLock { state in
      edit(&state)
      return state.takeReader()
    }
    reader?.resume()
  }

  // The reader's side.

  func cancel() {
    guard !hasEnded else { return }
    finish(.failure(TransportError(.cancelled, request, "the request was cancelled")))
    isWanted(self)
  }

  func head() async throws(TransportError) -> HTTPHead {
    while true {
      let (head, end) = state.withLock { ($0.head, $0.end) }
      if let head { return head }
      if let end {
        try end.get()
        throw TransportError(.interrupted, request, "the answer has no header")
      }
      await change { $0.head != nil }
    }
  }

  func next() async throws(TransportError) -> [UInt8]? {
    while true {
      let (piece, end) = state.withLock { state in
        let end = state.end
        if case .failure(let error) = end, error.kind == .cancelled { return ([UInt8]?.none, end) }
        return (state.pieces.isEmpty ? nil : state.pieces.removeFirst(), end)
      }
      if let piece {
        if end == nil { isWanted(self) }
        return piece
      }
      if let end {
        try end.get()
        return nil
      }
      await change { !$0.pieces.isEmpty }
    }
  }

  /// Waits until `isNews` holds or the exchange has ended.
  private func change(until isNews: @Sendable (State) -> Bool) async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isReady = state.withLock { state in
          if state.end != nil || isNews(state) { return true }
          state.reader = continuation
          return false
        }
        if isReady { continuation.resume() }
      }
    } onCancel: {
      cancel()
    }
  }
}
