internal import HTTPTransport
package import Manifest
package import ObjectWatching

/// Keeps a cache in step with the API server: lists, then watches from where the list ended, and
/// lists again when the server no longer knows what happened since.
///
///     let informer = Informer(.rollouts, client: client)
///     await informer.run { change in queue.add(change.object) }      // until cancelled
package final class Informer: Sendable {
  package typealias Change = ObjectChange<JSONValue>

  package let cache: ObjectCache
  private let client: ClusterClient
  private let namespace: String?
  private let labels: String?

  /// - Parameters:
  ///   - namespace: nil for all.
  ///   - labels: a label selector; nil for all objects.
  package init(
    _ kind: ResourceKind, client: ClusterClient, namespace: String? = nil, labels: String? = nil
  ) {
    cache = ObjectCache(kind)
    self.client = client
    self.namespace = namespace
    self.labels = labels
  }

  /// Keeps in step until the task is cancelled.
  package func run(
    onError: @Sendable (ClusterError) -> Void = { _ in }, onChange: @Sendable (Change) -> Void
  ) async {
    var backoff = Backoff()
    while !Task.isCancelled {
      let begun = ContinuousClock.now
      var failure: ClusterError?
      do throws(ClusterError) {
        switch cache.update({ $0.next }) {
        case .list:
          try await relist(onChange)
          continue
        case .watch(let version):
          try await follow(from: version) { change in
            backoff.reset()
            if let change { onChange(change) }
          }
        }
      } catch {
        if error.isCancelled || Task.isCancelled { return }
        if error.isExpired { cache.update { $0.expire() } }
        failure = error
        onError(error)
      }
      // A watch that ended in its time is begun again at once, one that is cut over and over isn't.
      if failure == nil, ContinuousClock.now - begun > .seconds(1) { continue }
      do { try await client.pause(client.wait(after: &backoff)) } catch { return }
    }
  }

  /// Lists once more, until that succeeds or the task is cancelled: after it the cache holds at
  /// least what the server held before.
  package func refresh(onError: @Sendable (ClusterError) -> Void = { _ in }) async {
    var backoff = Backoff()
    while !Task.isCancelled {
      do throws(ClusterError) {
        return try await relist { _ in }
      } catch {
        if error.isCancelled { return }
        onError(error)
        do { try await client.pause(client.wait(after: &backoff)) } catch { return }
      }
    }
  }

  private func relist(_ onChange: @Sendable (Change) -> Void) async throws(ClusterError) {
    let list = try await client.list(cache.kind, namespace: namespace, labels: labels)
    let changes = cache.update { $0.listed(list.items, at: list.resourceVersion) }
    for change in changes { onChange(change) }
  }

  /// Follows one watch to its end; `told` is called for each line, with what changed.
  private func follow(
    from start: String, told: (Change?) -> Void
  ) async throws(ClusterError) {
    let stream = try await client.watch(
      cache.kind, namespace: namespace, labels: labels, from: start, seconds: 290)
    var splitter = LineSplitter()
    while true {
      let piece: [UInt8]?
      do { piece = try await stream.next() } catch { throw .transport(error) }
      guard let piece else { return }
      guard let lines = splitter.lines(adding: piece) else {
        throw .unreadable(path: "watch of \(cache.kind)", reason: "found an endless line")
      }
      for line in lines {
        let news = try WatchLine.news(in: line, of: cache.kind)
        told(cache.update { $0.told(news) })
      }
    }
  }
}
