internal import HTTPTransport
internal import Manifest
internal import ObjectWatching

/// A line of a watch.
enum WatchLine {
  /// - Throws: when the line is no event, or tells that the watch failed.
  static func news(
    in line: [UInt8], of kind: ResourceKind
  ) throws(ClusterError) -> WatchNews<JSONValue> {
    let event: JSONValue
    do throws(JSONError) {
      event = try JSONValue(parsing: line)
    } catch {
      throw .unreadable(path: "watch of \(kind)", reason: "\(error)")
    }
    let object = event["object"] ?? .null
    switch event["type"]?.asString {
    case "ADDED", "MODIFIED": return .changed(object.withoutManagedFields)
    case "DELETED": return .deleted(object.withoutManagedFields)
    case "BOOKMARK": return .bookmark(object.resourceVersion)
    case "ERROR":
      let status = APIStatus(code: 0, object: object, otherwise: "the watch failed")
      throw .refused(method: .get, path: "watch of \(kind)", status: status)
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
