import Exposition
import MetricModel
import PromQL
import Synchronization
import TimeSeriesStore

/// `/api/v1/write`: remote write 1.0 and 2.0. Errors are plain text, as senders log them.
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
  /// sender doesn't repeat what can't succeed. Senders of version 2.0 are told in headers how much
  /// was written.
  func write(_ request: APIRequest) -> APIResponse {
    let version: RemoteWriteVersion
    do throws(UnacceptableWrite) {
      version = try RemoteWriteVersion(contentType: request.contentType)
    } catch {
      return .text("\(error)\n", status: 415)
    }
    // Early senders leave the encoding out, but compress.
    let encoding = request.contentEncoding
    guard encoding.isEmpty || encoding == "snappy" else {
      return .text(
        "\(encoding) encoding (compression) is not accepted by this server; "
          + "only snappy is acceptable\n", status: 415)
    }
    let batch: SampleBatch
    do {
      let message = try RemoteWrite.decompressed(
        request.body, bytesMax: options.decodedWriteBytesMax)
      batch = try decoder.decode(message, version)
    } catch {
      guard case .tooLarge = error else { return .text("\(error)\n", status: 400) }
      return .text("\(error)\n", status: 413)
    }
    // Version 1 tells of families apart from their samples.
    let isTyped = version == .v2 && options.queries.features.contains(.typeAndUnitLabels)
    return append(isTyped ? batch.withTypesAndUnits : batch, version)
  }

  private func append(_ batch: SampleBatch, _ version: RemoteWriteVersion) -> APIResponse {
    do {
      let outcome = try store.append(batch)
      counters.count(outcome)
      let unreadable = batch.refusals.reduce(0) { $0 + $1.samples + $1.histograms }
      counters.countRefused(unreadable)
      let refused = outcome.refused + unreadable
      var response = APIResponse.empty(status: 204)
      let reason = batch.refusals.first?.reason ?? outcome.refusals.first.map { "\($0)" }
      if let reason {
        let all = batch.count + batch.histograms.count + unreadable
        response = .text(
          "\(refused) of \(all) samples were not stored, the others were: \(reason)\n",
          status: 400)
      }
      guard version == .v2 else { return response }
      // Duplicates count as written, for they are stored.
      let headers = RemoteWrite.writtenHeaders(
        samples: batch.count - (outcome.refused - outcome.histogramsRefused),
        histograms: batch.histograms.count - outcome.histogramsRefused,
        exemplars: batch.exemplars.count - outcome.exemplarsRefused)
      for (name, value) in headers { response.headers[name] = value }
      return response
    } catch {
      return .text("\(error)\n", status: 500)
    }
  }
}

/// One decoder for all connections, so that labels are made once for each series; decoding known
/// series is so quick that requests can take turns.
private final class SharedDecoder: Sendable {
  private let decoder = Mutex(RemoteWriteDecoder())

  func decode(
    _ message: [UInt8], _ version: RemoteWriteVersion
  ) throws(WireError) -> SampleBatch {
    try decoder.withLock { (decoder) throws(WireError) in
      try decoder.decode(message, version)
    }
  }
}
