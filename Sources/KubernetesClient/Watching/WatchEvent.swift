internal import Manifest

/// A line of a watch.
enum WatchEvent: Equatable, Sendable {
  /// Added or modified.
  case changed(JSONValue)
  case deleted(JSONValue)
  /// Nothing happened up to this resource version.
  case bookmark(String)
  case failed(APIStatus)

  /// - Throws: when the line is no event.
  init(line: [UInt8], kind: ResourceKind) throws(ClusterError) {
    let event: JSONValue
    do throws(JSONError) {
      event = try JSONValue(parsing: line)
    } catch {
      throw .unreadable(path: "watch of \(kind)", reason: "\(error)")
    }
    let object = event["object"] ?? .null
    switch event["type"]?.asString {
    case "ADDED", "MODIFIED": self = .changed(object.withoutManagedFields)
    case "DELETED": self = .deleted(object.withoutManagedFields)
    case "BOOKMARK": self = .bookmark(object.resourceVersion)
    case "ERROR":
      self = .failed(APIStatus(code: 0, object: object, otherwise: "the watch failed"))
    default:
      throw .unreadable(
        path: "watch of \(kind)",
        reason: "found an event of type \(event["type"]?.spelled ?? "none")")
    }
  }
}

/// Cuts a stream of bytes into lines.
struct LineSplitter {
  private var pending: [UInt8] = []
  private let lineMax: Int

  /// `lineMax`: bytes of the longest line accepted.
  init(lineMax: Int = 16 << 20) { self.lineMax = lineMax }

  /// The lines that `bytes` completes; nil when one is too long.
  mutating func lines(adding bytes: [UInt8]) -> [[UInt8]]? {
    var result: [[UInt8]] = []
    var rest = bytes[...]
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      let line = pending + rest[..<end]
      pending = []
      rest = rest[(end + 1)...]
      if !line.isEmpty { result.append(line) }
    }
    pending += rest
    return pending.count > lineMax ? nil : result
  }
}
