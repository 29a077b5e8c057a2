/// Something an API server keeps: it has a place, an identity that no other object ever gets, and a
/// version that grows with every write.
package protocol WatchedObject: Sendable {
  /// "" for kinds without namespaces.
  var namespace: String { get }
  var name: String { get }
  /// Differs from that of an object which had the same name before.
  var uid: String { get }
  /// Of the last write. Grows over all objects of the server.
  var resourceVersion: String { get }
  /// The `uid` of the object that manages this one; nil for those that manage themselves.
  var ownerUID: String? { get }
}

extension WatchedObject {
  /// Whether this was written after a resource version. These are etcd's revisions, which grow;
  /// where one is no number the newcomer wins.
  func isNewer(thanVersion version: String) -> Bool {
    guard let mine = UInt64(resourceVersion), let theirs = UInt64(version) else { return true }
    return mine > theirs
  }
}

/// What a watch tells.
package enum WatchNews<Object: WatchedObject>: Sendable {
  /// Added or modified.
  case changed(Object)
  case deleted(Object)
  /// Nothing else happened up to this resource version.
  case bookmark(String)
}

extension WatchNews: Equatable where Object: Equatable {}

/// What happened to an object, for those who act upon it.
package enum ObjectChange<Object: WatchedObject>: Sendable {
  case changed(Object)
  case deleted(Object)

  package var object: Object {
    switch self {
    case .changed(let object), .deleted(let object): object
    }
  }
}
