import Dispatch
import Glibc

/// Calls back at each SIGHUP, which ends a program that doesn't say otherwise.
final class HangupSignal {
  private let source: any DispatchSourceSignal

  init(_ action: @escaping @Sendable () -> Void) {
    Posix.ignoreHangups()
    source = DispatchSource.makeSignalSource(signal: SIGHUP)
    source.setEventHandler(handler: action)
    source.activate()
  }

  func cancel() {
    source.cancel()
  }
}
