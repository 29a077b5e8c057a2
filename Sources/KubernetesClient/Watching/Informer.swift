internal import HTTPTransport
package import Manifest

/// Keeps a cache in step with the API server: lists, then watches from where the list ended, and
/// lists again when the server no longer knows what happened since.
///
///     let informer = Informer(.rollouts, client: client) { change in queue.add(change.object) }
///     await informer.run()          // until the task is cancelled
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
  private let onChange: @Sendable (Change) -> Void
  private let onError: @Sendable (ClusterError) -> Void

  /// - Parameters:
  ///   - namespace: nil for all.
  ///   - labels: a label selector; nil for all objects.
  package init(
    _ kind: ResourceKind, client: ClusterClient, namespace: String? = nil, labels: String? = nil,
    onError: @escaping @Sendable (ClusterError) -> Void = { _ in },
    onChange: @escaping @Sendable (Change) -> Void = { _ in }
  ) {
    cache = ObjectCache(kind)
    self.client = client
    self.namespace = namespace
    self.labels = labels
    self.onChange = onChange
    self.onError = onError
  }

  package func run() async {
    var backoff = Backoff()
    var position: String?
    while !Task.isCancelled {
      do throws(ClusterError) {
        let start: String
        if let position {
          start = position
        } else {
          start = try await relist()
        }
        position = start
        var isAlive = false
        try await follow(from: start) { reached in
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

  /// Answers the resource version to watch from.
  private func relist() async throws(ClusterError) -> String {
    let list = try await client.list(cache.kind, namespace: namespace, labels: labels)
    let (changed, gone) = cache.replace(with: list)
    for object in gone { onChange(.deleted(object)) }
    for object in changed { onChange(.changed(object)) }
    return list.resourceVersion
  }

  /// Follows one watch to its end.
  private func follow(
    from start: String, reached: (String) -> Void
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
