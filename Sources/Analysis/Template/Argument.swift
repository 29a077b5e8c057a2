package import Manifest

/// An argument of a template, or a value for one.
package struct Argument: Equatable, Sendable {
  package var name: String
  /// Nil when the value comes from elsewhere, or must be given by whoever uses the template.
  package var value: String?
  package var origin: Origin?
  /// Where it stands.
  package var line = 0
  package var column = 0
  package var path = ""

  /// Where a value is taken from.
  package enum Origin: Equatable, Hashable, Sendable {
    case secret(name: String, key: String)
    /// A field of the Rollout, as `metadata.labels['region']`.
    case field(path: String)
    /// The pod-template-hash of the stable or of the latest ReplicaSet.
    case podTemplateHash(PodRevision)
  }

  /// Which ReplicaSet of a Rollout.
  package enum PodRevision: String, Sendable, Hashable {
    case stable = "Stable"
    case latest = "Latest"
  }

  package init(_ name: String, value: String? = nil, from origin: Origin? = nil) {
    self.name = name
    self.value = value
    self.origin = origin
  }

  /// Reads one element of `args`; `valueFrom` may be any of the three kinds.
  package init(
    _ node: ManifestNode, at path: String, unknown: inout [ManifestError]
  ) throws(ManifestError) {
    var object = try node.object(at: path)
    self.init(try object.text("name"))
    (line, column, self.path) = (node.line, node.column, path)
    value = try object.optionalText("value")
    if var from = try object.optionalObject("valueFrom") {
      if var secret = try from.optionalObject("secretKeyRef") {
        origin = .secret(name: try secret.text("name"), key: try secret.text("key"))
        unknown += secret.unknownFields
      }
      if var field = try from.optionalObject("fieldRef") {
        origin = .field(path: try field.text("fieldPath"))
        unknown += field.unknownFields
      }
      if let hash = try from.optionalText("podTemplateHashValue") {
        guard let revision = PodRevision(rawValue: hash) else {
          throw ManifestError(
            "found \"\(hash)\", expected Stable or Latest", at: from.node,
            path: from.path(of: "podTemplateHashValue"))
        }
        origin = .podTemplateHash(revision)
      }
      unknown += from.unknownFields
    }
    unknown += object.unknownFields
  }
}

/// What arguments that point elsewhere stand for, gathered by whoever starts a run.
package struct ArgumentSources: Equatable, Sendable {
  /// Values of secrets by name and key.
  package var secrets: [Argument.Origin: String] = [:]
  /// Fields of the Rollout by path.
  package var fields: [String: String] = [:]
  package var stableHash: String?
  package var latestHash: String?

  package init(
    secrets: [Argument.Origin: String] = [:], fields: [String: String] = [:],
    stableHash: String? = nil, latestHash: String? = nil
  ) {
    self.secrets = secrets
    self.fields = fields
    self.stableHash = stableHash
    self.latestHash = latestHash
  }

  func value(of origin: Argument.Origin) -> String? {
    switch origin {
    case .secret: secrets[origin]
    case .field(let path): fields[path]
    case .podTemplateHash(.stable): stableHash
    case .podTemplateHash(.latest): latestHash
    }
  }
}

/// Why arguments have no values.
package struct ArgumentError: Error, Equatable, Sendable, CustomStringConvertible {
  package var description: String

  init(_ description: String) {
    self.description = description
  }
}

/// The values of all arguments of a run.
package struct ResolvedArguments: Equatable, Sendable {
  /// By the name in placeholders: `args.canary-hash`.
  private(set) var values: [String: String] = [:]
  /// What must not appear in messages, longest first.
  private(set) var secrets: [String] = []

  package init() {}

  /// What was resolved before.
  init(values: [String: String], secrets: [String]) {
    self.values = values
    self.secrets = secrets.filter { !$0.isEmpty }
      .sorted { ($1.utf8.count, $0) < ($0.utf8.count, $1) }
  }

  /// Resolves each argument. A secret wins over a value, as in Argo, so that a caller can't
  /// replace it (analysis.go, `resolveArgs`).
  package init(_ arguments: [Argument], from sources: ArgumentSources) throws(ArgumentError) {
    for argument in arguments {
      let name = "args.\(argument.name)"
      if let origin = argument.origin {
        guard let value = sources.value(of: origin) ?? Self.fallback(for: argument) else {
          throw Self.unresolved(argument, origin)
        }
        values[name] = value
        if case .secret = origin, !value.isEmpty { secrets.append(value) }
      } else if let value = argument.value {
        values[name] = value
      } else {
        throw ArgumentError("args.\(argument.name) was not resolved")
      }
    }
    secrets.sort { ($1.utf8.count, $0) < ($0.utf8.count, $1) }
  }

  /// Only a secret may not be replaced by a value.
  private static func fallback(for argument: Argument) -> String? {
    if case .secret = argument.origin { return nil }
    return argument.value
  }

  private static func unresolved(
    _ argument: Argument, _ origin: Argument.Origin
  ) -> ArgumentError {
    switch origin {
    case .secret(let name, let key):
      return ArgumentError(
        "args.\(argument.name) was not resolved: secret \"\(name)\" has no key \"\(key)\" here")
    case .field(let path):
      return ArgumentError(
        "args.\(argument.name) was not resolved: the Rollout has no field \"\(path)\"")
    case .podTemplateHash(let revision):
      return ArgumentError(
        "args.\(argument.name) was not resolved: no \(revision.rawValue) ReplicaSet is known")
    }
  }

  /// The text with each secret replaced by stars.
  func redacted(_ text: String) -> String {
    var result = Array(text.utf8)
    for secret in secrets {
      let part = Array(secret.utf8)
      var position = 0
      while let found = TextSearch.first(part, in: result, from: position) {
        result.replaceSubrange(found..<(found + part.count), with: "*****".utf8)
        position = found + 5
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}
