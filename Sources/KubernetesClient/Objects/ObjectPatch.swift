package import HTTPTransport
package import Manifest

/// A change to be made to an object by the server.
package enum ObjectPatch: Sendable {
  /// RFC 7386; null removes, lists are replaced.
  case merge(JSONValue)
  /// RFC 6902: a list of operations.
  case json(JSONValue)
  /// Kubernetes' own merging of lists by key; for built-in kinds only.
  case strategic(JSONValue)
  /// Server-side apply: the fields named become ours.
  case apply(JSONValue, manager: String, isForced: Bool)

  var body: JSONValue {
    switch self {
    case .merge(let body), .json(let body), .strategic(let body), .apply(let body, _, _): body
    }
  }

  var contentType: String {
    switch self {
    case .merge: "application/merge-patch+json"
    case .json: "application/json-patch+json"
    case .strategic: "application/strategic-merge-patch+json"
    case .apply: "application/apply-patch+yaml"
    }
  }

  var query: [(String, String)] {
    guard case .apply(_, let manager, let isForced) = self else {
      return [("fieldManager", "assay")]
    }
    return [("fieldManager", manager)] + (isForced ? [("force", "true")] : [])
  }
}

/// Objects of a kind as the server lists them.
package struct ObjectPage: Sendable {
  package var items: [JSONValue]
  /// Where a watch goes on.
  package var resourceVersion: String
  /// Continues the list; nil at its end.
  package var next: String?

  /// Items of a list lack their kind; it is added.
  init(_ list: JSONValue, kind: ResourceKind) {
    items = (list["items"]?.asArray ?? []).map { item in
      var item = item.withoutManagedFields
      item["apiVersion"] = .string(kind.apiVersion)
      item["kind"] = .string(kind.kind)
      return item
    }
    resourceVersion = list.resourceVersion
    let next = list[path: "metadata", "continue"]?.asString ?? ""
    self.next = next.isEmpty ? nil : next
  }
}

/// Whether writing is allowed at this moment, and for how long.
package typealias WritePermission = @Sendable () -> WriteGrant

package enum WriteGrant: Hashable, Sendable {
  case granted
  /// The request must be over by then.
  case grantedFor(Duration)
  case refused
}

/// An answer of the API server, for metrics.
package struct RequestRecord: Hashable, Sendable {
  package var method: HTTPRequest.Method
  package var kind: ResourceKind
  /// 0 when there was none.
  package var status: Int
}
