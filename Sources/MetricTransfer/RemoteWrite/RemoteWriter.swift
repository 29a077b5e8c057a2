import Exposition
import HTTPTransport
import MetricModel
import Scraping
import Synchronization
import TimeSeriesStore

/// Hands a store's samples on to one receiver, in the order in which the store took them.
///
/// The place reached is kept by the store, behind rows that have arrived: after a restart, of this
/// server or of the receiver, nothing is missing and little is sent twice.
final class RemoteWriter: Sendable {
  let target: RemoteWriteTarget
  private let reading: Mutex<Reading>
  private let store: Store
  private let transport: HTTPTransport
  private let files: TransferFiles
  private let options: ScrapeLoop.Options
  private let current: Mutex<RemoteWriteStatus>

  private struct Reading {
    var follower: LogFollower
    var batches: OutgoingBatches
  }

  /// Requests under way at once, when more waits than one can carry.
  private static let shardsMax = 4

  init(
    _ target: RemoteWriteTarget, _ follower: LogFollower, externalLabels: Labels, store: Store,
    transport: HTTPTransport, files: TransferFiles, _ options: ScrapeLoop.Options
  ) {
    self.target = target
    reading = Mutex(
      Reading(
        follower: follower, batches: OutgoingBatches(target, externalLabels: externalLabels)))
    self.store = store
    self.transport = transport
    self.files = files
    self.options = options
    current = Mutex(RemoteWriteStatus(name: target.name, url: target.url))
  }

  var status: RemoteWriteStatus { current.withLock { $0 } }

  /// Runs until the task is cancelled.
  func run() async {
    if target.sendsMetadata, target.version == .v1 { await sendMetadata() }
    while await waitForRows() {
      switch await withTaskExecutorPreference(options.workers, operation: { self.read() }) {
      case .failure(let error):
        options.report("handing on to \(target.name) stops: \(error)")
        return
      case .success(nil): continue
      case .success(let (rows, division)?):
        keep { follower throws(StoreError) in try follower.announce(rows.end) }
        guard await send(division) else { return }
        if !rows.batch.metadata.isEmpty, target.sendsMetadata, target.version == .v1 {
          await send(metadata: rows.batch.metadata)
        }
        keep { follower throws(StoreError) in try follower.acknowledge(rows.end) }
      }
    }
  }

  private typealias Found = (rows: FollowedRows, division: OutgoingBatches.Division)

  private func read() -> Result<Found?, StoreError> {
    let rowsMax = Self.shardsMax * target.queue.samplesPerSend
    let now = options.now()
    let (result, lostLogs) = reading.withLock { reading -> (Result<Found?, StoreError>, Int) in
      let result: Result<Found?, StoreError>
      do throws(StoreError) {
        let rows = try reading.follower.next(rowsMax: rowsMax)
        result = .success(
          rows.map { rows in
            (rows, reading.batches.division(rows.batch, shards: Self.shardsMax, now: now))
          })
      } catch {
        result = .failure(error)
      }
      return (result, reading.follower.lostLogs)
    }
    current.withLock { $0.lostLogs = lostLogs }
    return result
  }

  private func keep(_ place: (LogFollower) throws(StoreError) -> Void) {
    do throws(StoreError) {
      try place(reading.withLock { $0.follower })
    } catch {
      // What arrived is sent again after a restart; the receiver knows it then.
      options.report("the place reached in \(target.name) could not be kept: \(error)")
    }
  }

  /// Waits until there is enough for a request, or something has waited long enough.
  ///
  /// - Returns: false when the task is cancelled.
  private func waitForRows() async -> Bool {
    // A row of a log takes three bytes at least, some twelve with its values.
    let enough = target.queue.samplesPerSend * 4
    let pause = max(1, min(100, target.queue.sendDeadline.count))
    var waited: Int64 = 0
    while !Task.isCancelled {
      let lag = reading.withLock { $0.follower.lagBytes }
      guard let lag, lag < enough else { return true }
      if lag > 0 && waited >= target.queue.sendDeadline.count { return true }
      guard (try? await Task.sleep(for: .milliseconds(pause))) != nil else { return false }
      waited = lag > 0 ? waited + pause : 0
    }
    return false
  }

  /// Sends all requests; false when the task was cancelled before all had arrived or were refused.
  private func send(_ division: OutgoingBatches.Division) async -> Bool {
    current.withLock { status in
      status.dropped += division.dropped
      status.shards = max(1, division.shards.count)
    }
    return await withTaskGroup(of: Bool.self) { group in
      for shard in division.shards {
        group.addTask {
          for batch in shard {
            guard await self.deliver(batch) else { return false }
          }
          return true
        }
      }
      return await group.reduce(true) { $0 && $1 }
    }
  }

  private func sendMetadata() async {
    await send(metadata: store.snapshot().metadata())
  }

  private func send(metadata: [MetricMetadata]) async {
    for start in stride(from: 0, to: metadata.count, by: target.queue.samplesPerSend) {
      var batch = SampleBatch()
      for family in metadata[start...].prefix(target.queue.samplesPerSend) { batch.append(family) }
      guard await deliver(batch) else { return }
    }
  }

  /// Tries until the request has arrived or is refused; false when the task is cancelled.
  private func deliver(_ batch: SampleBatch) async -> Bool {
    let body = await withTaskExecutorPreference(options.workers) {
      RemoteWrite.encode(self.described(batch), self.target.version)
    }
    let rows = batch.count + batch.histograms.count
    var backoff = RemoteWriteBackoff(
      from: target.queue.backoffMin, to: target.queue.backoffMax)
    while !Task.isCancelled {
      switch await post(body) {
      case .stored:
        count(batch, bytes: body.count)
        return true
      case .refused(let reason):
        current.withLock { status in
          status.failed += rows
          status.lastError = reason
        }
        options.report("\(target.name) refused \(rows) samples for good: \(reason)")
        return true
      case .unavailable(let reason, let retryAfter):
        guard !Task.isCancelled else { return false }
        let isNew = current.withLock { status in
          status.retried += rows
          defer { status.lastError = reason }
          return status.lastError == nil
        }
        if isNew { options.report("\(target.name) can't take samples, trying again: \(reason)") }
        let wait = backoff.wait(retryAfter)
        guard (try? await Task.sleep(for: .milliseconds(wait.count))) != nil else { return false }
      }
    }
    return false
  }

  /// With what is known of the families, which version 2.0 carries beside each series.
  private func described(_ batch: SampleBatch) -> SampleBatch {
    guard target.version == .v2, target.sendsMetadata else { return batch }
    var batch = batch
    let snapshot = store.snapshot()
    var names: Set<String> = []
    for labels in batch.labels {
      let name = labels.metricName
      names.insert(name)
      for type in [MetricType.histogram, .summary] { names.insert(type.family(of: name)) }
    }
    for name in names.sorted() {
      if let family = snapshot.metadata(of: name) { batch.append(family) }
    }
    return batch
  }

  private func post(_ body: [UInt8]) async -> RemoteWriteAnswer {
    var request = HTTPRequest(.post, target.url)
    request.headers = [
      "Content-Encoding": "snappy", "Content-Type": target.version.contentType,
      "X-Prometheus-Remote-Write-Version": target.version.headerValue,
      "User-Agent": options.agent,
    ]
    request.body = body
    request.timeouts.total = .milliseconds(target.timeout.count)
    do {
      try request.apply(target.client, files)
    } catch {
      return .unavailable("\(error)", retryAfter: nil)
    }
    do throws(TransportError) {
      let response = try await transport.send(request, bodyLimitBytes: 1 << 20)
      return RemoteWriteAnswer(
        status: response.status, text: response.text,
        retryAfter: response.headers["retry-after"],
        retriesTooManyRequests: target.queue.retriesTooManyRequests)
    } catch {
      return .unavailable(error.description, retryAfter: nil)
    }
  }

  private func count(_ batch: SampleBatch, bytes: Int) {
    let newest = (batch.timestamps + batch.histograms.map(\.time.milliseconds)).max()
    current.withLock { status in
      status.samples += batch.count
      status.histograms += batch.histograms.count
      status.exemplars += batch.exemplars.count
      status.metadata += batch.metadata.count
      status.bytes += bytes
      status.lastError = nil
      guard let newest else { return }
      status.highestSent = max(
        status.highestSent ?? Timestamp(milliseconds: newest), Timestamp(milliseconds: newest))
    }
  }
}
