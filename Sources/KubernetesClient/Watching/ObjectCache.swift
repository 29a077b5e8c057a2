package import Manifest
internal import ObjectWatching
internal import Synchronization

/// The objects of a kind as last seen, by namespace and name, for many tasks at once. What it holds
/// and when is said by `ObjectMirror`.
package final class ObjectCache: Sendable {
  package let kind: ResourceKind
  private let mirror = Mutex(ObjectMirror<JSONValue>())

  package init(_ kind: ResourceKind) { self.kind = kind }

  /// Whether a whole list has been taken in.
  package var isFilled: Bool { mirror.withLock { $0.isFilled } }

  package func object(_ namespace: String, _ name: String) -> JSONValue? {
    mirror.withLock { $0.object(namespace, name) }
  }

  /// What an object manages, sorted by name.
  package func objects(ownedBy owner: JSONValue) -> [JSONValue] {
    mirror.withLock { $0.objects(ownedBy: owner.uid, in: owner.namespace) }
  }

  /// Sorted by name.
  package func objects(in namespace: String) -> [JSONValue] {
    mirror.withLock { $0.objects(in: namespace) }
  }

  /// Sorted by namespace and name.
  package var all: [JSONValue] { mirror.withLock { $0.all } }

  /// Takes in an object unless a newer state of it is here; whether it did.
  @discardableResult
  package func absorb(_ object: JSONValue) -> Bool { mirror.withLock { $0.absorb(object) } }

  /// Takes out an object, unless another has its name by now.
  package func remove(_ object: JSONValue) { mirror.withLock { $0.remove(object) } }

  /// Works on the mirror, which nobody else does meanwhile.
  func update<Answer: Sendable>(_ work: (inout ObjectMirror<JSONValue>) -> Answer) -> Answer {
    mirror.withLock { work(&$0) }
  }
}

extension JSONValue: WatchedObject {
  package var ownerUID: String? { controllerOwner?.uid }
}
