package import Manifest

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
