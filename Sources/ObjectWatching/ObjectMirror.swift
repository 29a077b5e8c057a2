/// The objects of a kind as last seen, and what to ask the server for next.
///
///     var mirror = ObjectMirror<JSONValue>()
///     mirror.next                                  // .list
///     mirror.listed(items, at: "17")               // what changed or is gone
///     mirror.next                                  // .watch(from: "17")
///     mirror.told(.changed(object))
///     mirror.expire()                              // after a 410: .list again
///
/// Holds at least what this process wrote itself: answers to writes are put in at once
/// (`absorb`), and older news from the watch doesn't overwrite them. So a decision never rests on a
/// state from before its own last write.
package struct ObjectMirror<Object: WatchedObject>: Sendable {
  /// What to ask the server for.
  package enum Request: Hashable, Sendable {
    case list
    /// What happened after a resource version.
    case watch(from: String)
  }

  private var objects: [String: [String: Object]] = [:]
  /// Names by who manages them.
  private var owned: [String: Set<String>] = [:]
  /// Up to where everything is known; nil when that has to be read anew.
  private var position: String?
  /// Whether a whole list has been taken in.
  package private(set) var isFilled = false
  /// Identities of objects that are gone, the latest ones: an answer to a write may arrive after
  /// the news that its object was deleted.
  private var buried: Set<String> = []
  private var burials: [String] = []

  package init() {}

  package var next: Request { position.map { .watch(from: $0) } ?? .list }

  /// Takes in a whole list; what isn't in it is gone, unless it was made since. Answers what is
  /// gone, then what changed.
  package mutating func listed(
    _ items: [Object], at version: String
  ) -> [ObjectChange<Object>] {
    let present = Set(items.map(\.uid))
    let gone = objects.values.flatMap(\.values).filter { object in
      !present.contains(object.uid) && !object.isNewer(thanVersion: version)
    }
    for object in gone { remove(object) }
    let changed = items.filter { absorb($0) }
    position = version
    isFilled = true
    return gone.map { .deleted($0) } + changed.map { .changed($0) }
  }

  /// Takes in what a watch tells; the answer is for those who act upon it. A watch that was begun
  /// before the last list may tell what is known by now: it goes on from there nevertheless.
  package mutating func told(_ news: WatchNews<Object>) -> ObjectChange<Object>? {
    switch news {
    case .changed(let object):
      position = object.resourceVersion
      absorb(object)
      return .changed(object)
    case .deleted(let object):
      position = object.resourceVersion
      remove(object)
      return .deleted(object)
    case .bookmark(let version):
      position = version
      return nil
    }
  }

  /// The server no longer knows what happened since: everything has to be read anew.
  package mutating func expire() { position = nil }

  /// Takes in an object unless a newer state of it is here, or it is known to be gone; whether it
  /// did.
  @discardableResult
  package mutating func absorb(_ object: Object) -> Bool {
    let (namespace, name) = (object.namespace, object.name)
    if buried.contains(object.uid) { return false }
    if let known = objects[namespace]?[name], !object.isNewer(thanVersion: known.resourceVersion) {
      return false
    }
    put(object, namespace, name)
    return true
  }

  /// Takes out an object, unless another has its name by now.
  package mutating func remove(_ object: Object) {
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

  private mutating func put(_ object: Object?, _ namespace: String, _ name: String) {
    if let owner = objects[namespace]?[name]?.ownerUID {
      owned[owner]?.remove(name)
      if owned[owner]?.isEmpty ?? false { owned[owner] = nil }
    }
    objects[namespace, default: [:]][name] = object
    if let owner = object?.ownerUID { owned[owner, default: []].insert(name) }
  }
}

/// What is there.
extension ObjectMirror {
  package func object(_ namespace: String, _ name: String) -> Object? { objects[namespace]?[name] }

  /// What an object of the namespace manages, sorted by name.
  package func objects(ownedBy uid: String, in namespace: String) -> [Object] {
    (owned[uid] ?? []).sorted().compactMap { objects[namespace]?[$0] }
  }

  /// Sorted by name.
  package func objects(in namespace: String) -> [Object] {
    (objects[namespace] ?? [:]).sorted { $0.key < $1.key }.map(\.value)
  }

  /// Sorted by namespace and name.
  package var all: [Object] {
    objects.sorted { $0.key < $1.key }.flatMap { $0.value.sorted { $0.key < $1.key } }.map(\.value)
  }
}
