import Exposition
import MetricModel
import Synchronization
import TimeSeriesStore

/// `/api/v1/write`: remote write 1.0. Errors are plain text, as senders log them.
struct IngestEndpoints: Sendable {
  let store: Store
  let options: ServiceOptions
  let counters: ServiceCounters
  private let decoder = SharedDecoder()

  init(store: Store, options: ServiceOptions, counters: ServiceCounters) {
    self.store = store
    self.options = options
    self.counters = counters
  }

  /// Answers 204 once the samples are on disk; 400 when the store refused some of them, so that the
  /// sender doesn't repeat what can't succeed.
  func write(_ request: APIRequest) -> APIResponse {
    if let refusal = refusal(request) { return refusal }
    let batch: SampleBatch
    do {
      let message = try RemoteWrite.decompressed(
        request.body, bytesMax: options.decodedWriteBytesMax)
      batch = try decoder.decode(message)
    } catch {
      guard case .tooLarge = error else { return .text("\(error)\n", status: 400) }
      return .text("\(error)\n", status: 413)
    }
    do {
      let outcome = try store.append(batch)
      counters.count(outcome)
      guard let refusal = outcome.refusals.first else { return .empty(status: 204) }
      return .text(
        "\(outcome.refused) of \(batch.count) samples were not stored, the others were: "
          + "\(refusal)\n", status: 400)
    } catch {
      return .text("\(error)\n", status: 500)
    }
  }

  /// Other protocols than remote write 1.0 with Snappy get 415, in Prometheus' words.
  private func refusal(_ request: APIRequest) -> APIResponse? {
    let type = request.contentType
    let parts = type.split(separator: ";").map { Self.trimmed($0) }
    let protocolName = parts.dropFirst().first { $0.hasPrefix("proto=") }?.dropFirst(6)
    let isVersion1 = protocolName == nil || protocolName == "prometheus.WriteRequest"
    guard type.isEmpty || (parts.first == "application/x-protobuf" && isVersion1) else {
      let found = protocolName.map(String.init) ?? type
      return .text(
        "\(found) protobuf message is not accepted by this server; "
          + "accepted prometheus.WriteRequest\n", status: 415)
    }
    // Early senders leave the encoding out, but compress.
    let encoding = request.contentEncoding
    guard encoding.isEmpty || encoding == "snappy" else {
      return .text(
        "\(encoding) encoding (compression) is not accepted by this server; "
          + "only snappy is acceptable\n", status: 415)
    }
    return nil
  }

  private static func trimmed(_ text: Substring) -> Substring {
    let front = text.drop { $0 == " " }
    return front.prefix { $0 != " " }
  }
}

/// One decoder for all connections, so that labels are made once for each series; decoding known
/// series is so quick that requests can take turns.
private final class SharedDecoder: Sendable {
  private let decoder = Mutex(RemoteWriteDecoder())

  func decode(_ message: [UInt8]) throws(WireError) -> SampleBatch {
    try decoder.withLock { (decoder) throws(WireError) in try decoder.decode(message) }
  }
}
