internal import Manifest

/// Names for revisions: FNV-1a, 32 bits, spelled in letters and digits that form no words.
///
/// Independent of the order of fields and of notation, so that a re-indented manifest is no new
/// revision. The value differs from the one Argo's controller computes, which hashes the API
/// server's object with all its defaults; on a cluster the label of an existing ReplicaSet decides.
enum PodTemplateHash {
  static func of(_ template: ManifestNode) -> String {
    var text = ""
    appendCanonical(template, to: &text)
    return of(text)
  }

  static func of(_ text: String) -> String {
    var hash: UInt32 = 0x811c_9dc5
    for byte in text.utf8 { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
    return String(String(hash).utf8.map { alphabet[Int($0) % alphabet.count] })
  }

  private static let alphabet = Array("bcdfghjklmnpqrstvwxz2456789")

  private static func appendCanonical(_ node: ManifestNode, to text: inout String) {
    switch node.content {
    case .null: text += "null"
    case .bool(let value): text += "\(value)"
    case .integer(let value): text += "\(value)"
    case .number(let value): text += "\(value)"
    case .text(let value): text += "\(value.utf8.count):\(value)"
    case .list(let elements):
      text += "["
      for element in elements {
        appendCanonical(element, to: &text)
        text += ","
      }
      text += "]"
    case .map(let entries):
      text += "{"
      for entry in entries.sorted(by: { $0.key < $1.key }) where entry.value.content != .null {
        text += "\(entry.key)="
        appendCanonical(entry.value, to: &text)
        text += ","
      }
      text += "}"
    }
  }
}
