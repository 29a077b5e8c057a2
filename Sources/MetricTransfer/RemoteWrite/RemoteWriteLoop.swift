package import HTTPTransport
import MetricModel
package import Scraping
import Synchronization
package import TimeSeriesStore

/// Hands a store's samples on to the receivers of a configuration.
///
///     let loop = RemoteWriteLoop(store: store, transport: transport, files: files, options)
///     try loop.take(configuration)          // now, and again at each reload
///     await loop.run()                      // until the task is cancelled
package final class RemoteWriteLoop: Sendable {
  private struct State {
    var targets: [RemoteWriteTarget] = []
    var externalLabels = Labels.empty
    var writers: [RemoteWriter] = []
    /// Grows with each change.
    var change = 0
  }

  private let state = Mutex(State())
  private let store: Store
  private let transport: HTTPTransport
  private let files: TransferFiles
  private let options: ScrapeLoop.Options

  package init(
    store: Store, transport: HTTPTransport, files: TransferFiles, _ options: ScrapeLoop.Options
  ) {
    self.store = store
    self.transport = transport
    self.files = files
    self.options = options
  }

  /// Takes where to hand samples on to from now on. A receiver that is new gets what comes from now
  /// on, one that stays goes on where it is, one that is gone is forgotten.
  package func take(_ configuration: ScrapeConfiguration) throws(StoreError) {
    let isSame = state.withLock { state in
      state.targets == configuration.remoteWrites
        && state.externalLabels == configuration.externalLabels
    }
    if isSame { return }
    let targets = configuration.remoteWrites
    let followers = try store.follow(targets.map { Self.followerName($0.name) })
    let writers = zip(targets, followers).map { target, follower in
      RemoteWriter(
        target, follower, externalLabels: configuration.externalLabels, store: store,
        transport: transport, files: files, options)
    }
    state.withLock { state in
      state.targets = targets
      state.externalLabels = configuration.externalLabels
      state.writers = writers
      state.change += 1
    }
  }

  /// A name for files: what is legible of the receiver's, and a number that tells it from others.
  static func followerName(_ name: String) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    let legible = name.utf8.filter { byte in
      (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20)
    }
    return String(decoding: legible.prefix(40), as: UTF8.self) + "-" + String(hash, radix: 16)
  }

  /// How it goes, in the order of the configuration.
  package var status: [RemoteWriteStatus] {
    state.withLock { $0.writers }.map(\.status)
  }

  /// Runs until the task is cancelled.
  package func run() async {
    while !Task.isCancelled {
      let (writers, change) = state.withLock { ($0.writers, $0.change) }
      await withTaskGroup(of: Void.self) { tasks in
        for writer in writers { tasks.addTask { await writer.run() } }
        // Ends when something else is to be done.
        await wait(whileChangeIs: change)
        tasks.cancelAll()
      }
    }
  }

  private func wait(whileChangeIs change: Int) async {
    while state.withLock({ $0.change }) == change {
      guard (try? await Task.sleep(for: .milliseconds(200))) != nil else { return }
    }
  }
}
