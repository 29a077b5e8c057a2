internal import CCurl
internal import Glibc

/// libcurl's multi handle, safely held: every call but `wake` belongs to the thread that runs it.
@safe final class CurlLoop: @unchecked Sendable {
  private let loop: OpaquePointer

  /// nil when memory is short.
  init?() {
    guard let loop = unsafe curl_loop_new() else { return nil }
    unsafe self.loop = unsafe loop
  }

  deinit { unsafe curl_loop_free(loop) }

  /// From any thread.
  func wake() { unsafe curl_loop_wake(loop) }

  func perform() { unsafe curl_loop_perform(loop) }

  func wait(milliseconds: Int32) { unsafe curl_loop_wait(loop, milliseconds) }

  func add(_ transfer: CurlTransfer) -> Bool {
    unsafe curl_loop_add(loop, transfer.transfer) == 0
  }

  /// Runs `body` on a thread of its own; false when none could be had.
  static func startThread(_ body: @escaping @Sendable () -> Void) -> Bool {
    let context = unsafe Unmanaged.passRetained(ThreadBody(run: body))
    var thread = pthread_t()
    let result = unsafe pthread_create(
      &thread, nil,
      { context in
        curl_loop_ignore_pipe_signal()
        if let context = unsafe context {
          unsafe Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().run()
        }
        return nil
      }, unsafe context.toOpaque())
    guard result == 0 else {
      unsafe context.release()
      return false
    }
    pthread_detach(thread)
    return true
  }

  private final class ThreadBody: Sendable {
    let run: @Sendable () -> Void
    init(run: @escaping @Sendable () -> Void) { self.run = run }
  }
}

/// One of libcurl's easy handles with what has arrived and wasn't taken yet.
@safe final class CurlTransfer {
  fileprivate let transfer: OpaquePointer

  /// nil when memory is short. `bufferMax`: bytes of a body to hold before the sender must wait.
  init?(bufferMax: Int) {
    guard let transfer = unsafe curl_transfer_new(bufferMax) else { return nil }
    unsafe self.transfer = unsafe transfer
  }

  deinit { unsafe curl_transfer_free(transfer) }

  /// The setters answer whether libcurl took the value.
  func set(_ option: curl_text, _ value: String) -> Bool {
    unsafe curl_transfer_text(transfer, option, value) == 0
  }

  func set(_ option: curl_number, _ value: Int) -> Bool {
    unsafe curl_transfer_number(transfer, option, value) == 0
  }

  func set(_ option: curl_bytes, _ bytes: [UInt8]) -> Bool {
    unsafe bytes.withUnsafeBufferPointer {
      unsafe curl_transfer_bytes(transfer, option, $0.baseAddress, $0.count) == 0
    }
  }

  /// 0 while the header isn't complete.
  var status: Int { unsafe curl_transfer_status(transfer) }
  var version: Int { Int(unsafe curl_transfer_version(transfer)) }
  var hasEnded: Bool { unsafe curl_transfer_has_ended(transfer) != 0 }
  var outcome: curl_outcome { unsafe curl_transfer_outcome(transfer) }
  var reason: String { unsafe String(cString: curl_transfer_reason(transfer)) }

  var header: [UInt8] {
    let count = unsafe curl_transfer_header_count(transfer)
    guard count > 0 else { return [] }
    return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      guard let start = buffer.baseAddress else { return }
      unsafe curl_transfer_copy_header(transfer, start)
      filled = count
    }
  }

  func takeBody() -> [UInt8] {
    let count = unsafe curl_transfer_body_count(transfer)
    guard count > 0 else { return [] }
    return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      guard let start = buffer.baseAddress else { return }
      unsafe curl_transfer_take_body(transfer, start)
      filled = count
    }
  }

  func resume() { unsafe curl_transfer_resume(transfer) }
}
