package import Manifest
internal import Synchronization

/// The objects of a kind as last seen, by namespace and name.
///
/// Holds at least what this process wrote itself: answers to writes are put in at once
/// (`absorb`), and older news from the watch doesn't overwrite them. So a decision never rests on a
/// state from before its own last write.
package final class ObjectCache: Sendable {
  package let kind: ResourceKind
  private let state = Mutex(State())

  private struct State {
    var objects: [String: [String: JSONValue]] = [:]
    var isFilled = false

    mutating func absorb(_ object: JSONValue) -> Bool {
      let (namespace, name) = (object.namespace, object.name)
      if let known = objects[namespace]?[name],
        !object.isNewer(thanVersion: known.resourceVersion)
      {
        return false
      }
      objects[namespace, default: [:]][name] = object
      return true
    }
  }

  package init(_ kind: ResourceKind) { self.kind = kind }

  /// Whether a whole list has been taken in.
  package var isFilled: Bool { state.withLock { $0.isFilled } }

  package func object(_ namespace: String, _ name: String) -> JSONValue? {
    state.withLock { $0.objects[namespace]?[name] }
  }

  /// Those that `isWanted`, sorted by name.
  package func objects(
    in namespace: String, where isWanted: (JSONValue) -> Bool = { _ in true }
  ) -> [JSONValue] {
    let objects = state.withLock { $0.objects[namespace] ?? [:] }
    return objects.filter { isWanted($0.value) }.sorted { $0.key < $1.key }.map(\.value)
  }

  /// Sorted by namespace and name.
  package var all: [JSONValue] {
    let objects = state.withLock { $0.objects }
    return objects.sorted { $0.key < $1.key }.flatMap { $0.value.sorted { $0.key < $1.key } }
      .map(\.value)
  }

  package var count: Int {
    state.withLock { $0.objects.values.reduce(0) { $0 + $1.count } }
  }

  /// Takes in an object unless a newer state of it is here; whether it did.
  @discardableResult
  package func absorb(_ object: JSONValue) -> Bool {
    state.withLock { $0.absorb(object) }
  }

  /// Takes out an object, unless another has its name by now.
  package func remove(_ object: JSONValue) {
    state.withLock { state in
      let (namespace, name) = (object.namespace, object.name)
      guard let known = state.objects[namespace]?[name], known.uid == object.uid else { return }
      state.objects[namespace]?[name] = nil
    }
  }

  /// Takes in a whole list; what isn't in it is gone, unless it was made since. Answers what
  /// changed or is gone.
  func replace(with list: ObjectPage) -> (changed: [JSONValue], gone: [JSONValue]) {
    state.withLock { state in
      let listed = Set(list.items.map(\.uid))
      var gone: [JSONValue] = []
      for (namespace, objects) in state.objects {
        for (name, object) in objects where !listed.contains(object.uid) {
          guard !object.isNewer(thanVersion: list.resourceVersion) else { continue }
          gone.append(object)
          state.objects[namespace]?[name] = nil
        }
      }
      let changed = list.items.filter { state.absorb($0) }
      state.isFilled = true
      return (changed, gone)
    }
  }
}
