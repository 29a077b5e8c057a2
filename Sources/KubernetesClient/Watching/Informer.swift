internal import HTTPTransport
package import Manifest

/// Keeps a cache in step with the API server: lists, then watches from where the list ended, and
/// lists again when the server no longer knows what happened since.
///
///     let informer = Informer(.rollouts, client: client)
///     await informer.run { change in queue.add(change.object) }      // until cancelled
package final class Informer: Sendable {
  /// What happened to an object.
  package enum Change: Sendable {
    case changed(JSONValue)
    case deleted(JSONValue)

    package var object: JSONValue {
      switch self {
      case .changed(let object), .deleted(let object): object
      }
    }
  }

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
    var position: String?
    while !Task.isCancelled {
      do throws(ClusterError) {
        let start: String
        if let position {
          start = position
        } else {
          start = try await relist(onChange)
        }
        position = start
        var isAlive = false
        try await follow(from: start, onChange) { reached in
          position = reached
          isAlive = true
        }
        if isAlive { backoff.reset() }
      } catch {
        if error.isCancelled || Task.isCancelled { return }
        if error.isExpired { position = nil }
        onError(error)
        let wait = client.wait(after: &backoff)
        do { try await Task.sleep(for: wait) } catch { return }
      }
    }
  }

  /// Lists once more, until that succeeds or the task is cancelled: after it the cache holds at
  /// least what the server held before.
  package func refresh(onError: @Sendable (ClusterError) -> Void = { _ in }) async {
    var backoff = Backoff()
    while !Task.isCancelled {
      do throws(ClusterError) {
        _ = try await relist { _ in }
        return
      } catch {
        if error.isCancelled { return }
        onError(error)
        let wait = client.wait(after: &backoff)
        do { try await Task.sleep(for: wait) } catch { return }
      }
    }
  }

  /// Answers the resource version to watch from.
  private func relist(
    _ onChange: @Sendable (Change) -> Void
  ) async throws(ClusterError) -> String {
    let list = try await client.list(cache.kind, namespace: namespace, labels: labels)
    let (changed, gone) = cache.replace(with: list)
    for object in gone { onChange(.deleted(object)) }
    for object in changed { onChange(.changed(object)) }
    return list.resourceVersion
  }

  /// Follows one watch to its end.
  private func follow(
    from start: String, _ onChange: @Sendable (Change) -> Void, reached: (String) -> Void
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
        switch try WatchEvent(line: line, kind: cache.kind) {
        case .changed(let object):
          reached(object.resourceVersion)
          cache.absorb(object)
          onChange(.changed(object))
        case .deleted(let object):
          reached(object.resourceVersion)
          cache.remove(object)
          onChange(.deleted(object))
        case .bookmark(let version): reached(version)
        case .failed(let status):
          throw .refused(method: .get, path: cache.kind.path(namespace: namespace), status: status)
        }
      }
    }
  }
}
