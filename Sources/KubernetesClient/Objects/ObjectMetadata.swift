package import Manifest

/// What every object has.
extension JSONValue {
  package var name: String { self[path: "metadata", "name"]?.asString ?? "" }
  package var namespace: String { self[path: "metadata", "namespace"]?.asString ?? "" }
  package var uid: String { self[path: "metadata", "uid"]?.asString ?? "" }
  package var resourceVersion: String {
    self[path: "metadata", "resourceVersion"]?.asString ?? ""
  }
  package var generation: Int64 { self[path: "metadata", "generation"]?.asInteger ?? 0 }
  package var isBeingDeleted: Bool { self[path: "metadata", "deletionTimestamp"] != nil }

  package func label(_ key: String) -> String? {
    self[path: "metadata", "labels", .field(key)]?.asString
  }

  package func annotation(_ key: String) -> String? {
    self[path: "metadata", "annotations", .field(key)]?.asString
  }

  /// The owner that manages this object; nil for those that manage themselves.
  package var controllerOwner: (kind: String, name: String, uid: String)? {
    let owners = self[path: "metadata", "ownerReferences"]?.asArray ?? []
    guard let owner = owners.first(where: { $0["controller"]?.asBool == true }) else { return nil }
    return (
      owner["kind"]?.asString ?? "", owner["name"]?.asString ?? "", owner["uid"]?.asString ?? ""
    )
  }

  /// How an owned object names this one.
  package var asControllerOwner: JSONValue {
    [
      "apiVersion": self["apiVersion"] ?? "", "kind": self["kind"] ?? "",
      "name": .string(name), "uid": .string(uid), "controller": true, "blockOwnerDeletion": true,
    ]
  }

  /// Without what only the API server needs, which is most of an object's size.
  var withoutManagedFields: JSONValue {
    guard self[path: "metadata", "managedFields"] != nil else { return self }
    var object = self
    object[path: "metadata", "managedFields"] = nil
    return object
  }
}

/// The change of an object from one value to another as a JSON merge patch (RFC 7386).
package enum MergePatch {
  /// nil when nothing differs. What `new` lacks is removed.
  package static func changing(_ old: JSONValue, to new: JSONValue) -> JSONValue? {
    guard let before = old.asObject, let after = new.asObject else {
      return old == new ? nil : new
    }
    var patch: [String: JSONValue] = [:]
    for (key, value) in after where before[key] != value {
      if let known = before[key], known.asObject != nil, value.asObject != nil {
        patch[key] = changing(known, to: value)
      } else {
        patch[key] = value
      }
    }
    for key in before.keys where after[key] == nil { patch[key] = .null }
    return patch.isEmpty ? nil : .object(patch)
  }
}
