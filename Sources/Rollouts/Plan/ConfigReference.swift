package import Manifest

/// A ConfigMap or a Secret that pods read.
///
///     ConfigReference.all(in: podTemplate)          // [ConfigMap/shop, Secret/shop-keys]
package struct ConfigReference: Hashable, Comparable, Sendable, CustomStringConvertible {
  package enum Kind: String, Hashable, Sendable, CaseIterable {
    case configMap = "ConfigMap"
    case secret = "Secret"
  }

  package var kind: Kind
  package var name: String

  package init(_ kind: Kind, _ name: String) {
    self.kind = kind
    self.name = name
  }

  package var description: String { "\(kind.rawValue)/\(name)" }

  package static func < (left: Self, right: Self) -> Bool {
    (left.kind.rawValue, left.name) < (right.kind.rawValue, right.name)
  }

  /// What a pod template reads: volumes, projected ones too, and the environment of all containers;
  /// not the credentials for pulling images or mounting disks, which are no part of a version.
  package static func all(in template: JSONValue) -> Set<ConfigReference> {
    var found: Set<ConfigReference> = []
    _ = renaming(in: template) { reference in
      found.insert(reference)
      return reference.name
    }
    return found
  }

  /// The content of a ConfigMap or a Secret as a word that may stand in a name: 64 bits of FNV-1a
  /// over its type, `data` and `binaryData`, in which the order of fields doesn't count.
  package static func contentHash(of object: JSONValue) -> String {
    let fields = ["type", "data", "binaryData"].map { (object[$0] ?? .null).spelled }
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in fields.joined(separator: "\n").utf8 {
      hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
    }
    var word = ""
    for _ in 0..<14 {
      word.append(alphabet[Int(hash % UInt64(alphabet.count))])
      hash /= UInt64(alphabet.count)
    }
    return word
  }

  private static let alphabet = Array("bcdfghjklmnpqrstvwxz2456789")
}

extension ConfigReference {
  /// The template with other names for what it reads.
  static func renaming(
    in template: JSONValue, _ name: (ConfigReference) -> String
  ) -> JSONValue {
    var template = template
    func rename(_ kind: Kind, _ path: [JSONValue.Step], in object: inout JSONValue) {
      guard let old = object[path: path]?.asString, !old.isEmpty else { return }
      object[path: path] = .string(name(ConfigReference(kind, old)))
    }
    func renameEach(
      _ path: [JSONValue.Step], of object: inout JSONValue, _ edit: (inout JSONValue) -> Void
    ) {
      guard var elements = object[path: path]?.asArray else { return }
      for index in elements.indices { edit(&elements[index]) }
      object[path: path] = .array(elements)
    }
    renameEach(["spec", "volumes"], of: &template) { volume in
      rename(.configMap, ["configMap", "name"], in: &volume)
      rename(.secret, ["secret", "secretName"], in: &volume)
      renameEach(["projected", "sources"], of: &volume) { source in
        rename(.configMap, ["configMap", "name"], in: &source)
        rename(.secret, ["secret", "name"], in: &source)
      }
    }
    for containers: JSONValue.Step in ["initContainers", "containers", "ephemeralContainers"] {
      renameEach(["spec", containers], of: &template) { container in
        renameEach(["env"], of: &container) { variable in
          rename(.configMap, ["valueFrom", "configMapKeyRef", "name"], in: &variable)
          rename(.secret, ["valueFrom", "secretKeyRef", "name"], in: &variable)
        }
        renameEach(["envFrom"], of: &container) { source in
          rename(.configMap, ["configMapRef", "name"], in: &source)
          rename(.secret, ["secretRef", "name"], in: &source)
        }
      }
    }
    return template
  }
}
