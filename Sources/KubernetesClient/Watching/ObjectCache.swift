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
    /// Names by who manages them.
    var owned: [String: Set<String>] = [:]
    var isFilled = false
    /// Identities of objects that are gone, the latest ones: an answer to a write may arrive after
    /// the news that its object was deleted.
    var buried: Set<String> = []
    var burials: [String] = []

    mutating func bury(_ object: JSONValue) {
      if objects[object.namespace]?[object.name]?.uid == object.uid {
        put(nil, object.namespace, object.name)
      }
      guard buried.insert(object.uid).inserted else { return }
      burials.append(object.uid)
      if burials.count > 4096 {
        for uid in burials.prefix(2048) { buried.remove(uid) }
        burials.removeFirst(2048)
      }
    }

    mutating func absorb(_ object: JSONValue) -> Bool {
      let (namespace, name) = (object.namespace, object.name)
      if buried.contains(object.uid) { return false }
      if let known = objects[namespace]?[name],
        !object.isNewer(thanVersion: known.resourceVersion)
      {
        return false
      }
      put(object, namespace, name)
      return true
    }

    private mutating func put(_ object: JSONValue?, _ namespace: String, _ name: String) {
      if let owner = objects[namespace]?[name]?.controllerOwner?.uid {
        owned[owner]?.remove(name)
        if owned[owner]?.isEmpty ?? false { owned[owner] = nil }
      }
      objects[namespace, default: [:]][name] = object
      if let owner = object?.controllerOwner?.uid { owned[owner, default: []].insert(name) }
    }
  }

  package init(_ kind: ResourceKind) { self.kind = kind }

  /// Whether a whole list has been taken in.
  package var isFilled: Bool { state.withLock { $0.isFilled } }

  package func object(_ namespace: String, _ name: String) -> JSONValue? {
    state.withLock { $0.objects[namespace]?[name] }
  }

  /// What an object manages, sorted by name.
  package func objects(ownedBy owner: JSONValue) -> [JSONValue] {
    state.withLock { state in
      let names = state.owned[owner.uid] ?? []
      return names.sorted().compactMap { state.objects[owner.namespace]?[$0] }
    }
  }

  /// Sorted by name.
  package func objects(in namespace: String) -> [JSONValue] {
    let objects = state.withLock { $0.objects[namespace] ?? [:] }
    return objects.sorted { $0.key < $1.key }.map(\.value)
  }

  /// Sorted by namespace and name.
  package var all: [JSONValue] {
    let objects = state.withLock { $0.objects }
    return objects.sorted { $0.key < $1.key }.flatMap { $0.value.sorted { $0.key < $1.key } }
      .map(\.value)
  }

  /// Takes in an object unless a newer state of it is here; whether it did.
  @discardableResult
  package func absorb(_ object: JSONValue) -> Bool {
    state.withLock { $0.absorb(object) }
  }

  /// Takes out an object, unless another has its name by now.
  package func remove(_ object: JSONValue) {
    state.withLock { $0.bury(object) }
  }

  /// Takes in a whole list; what isn't in it is gone, unless it was made since. Answers what
  /// changed or is gone.
  func replace(with list: ObjectPage) -> (changed: [JSONValue], gone: [JSONValue]) {
    state.withLock { state in
      let listed = Set(list.items.map(\.uid))
      var gone: [JSONValue] = []
      for objects in state.objects.values {
        for object in objects.values where !listed.contains(object.uid) {
          guard !object.isNewer(thanVersion: list.resourceVersion) else { continue }
          gone.append(object)
        }
      }
      for object in gone { state.bury(object) }
      let changed = list.items.filter { state.absorb($0) }
      state.isFilled = true
      return (changed, gone)
    }
  }
}
