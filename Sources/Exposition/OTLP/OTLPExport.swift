import Manifest

/// The answer to an export: an `ExportMetricsServiceResponse`.
package enum OTLPExport {
  /// What tells the sender which points are lost; empty where none is.
  ///
  /// - Parameter rejected: the number of points that weren't stored.
  package static func answer(rejected: Int, message: String) -> [UInt8] {
    var answer = ProtobufWriter()
    if rejected > 0 || !message.isEmpty {
      answer.message(1) { partial in
        partial.varint(1, UInt64(rejected))
        partial.text(2, message)
      }
    }
    return answer.bytes
  }

  /// The same in JSON.
  package static func answerJSON(rejected: Int, message: String) -> [UInt8] {
    guard rejected > 0 || !message.isEmpty else { return Array("{}".utf8) }
    let partial: JSONValue = [
      "rejectedDataPoints": .string("\(rejected)"), "errorMessage": .string(message),
    ]
    return Array(JSONValue.object(["partialSuccess": partial]).spelled.utf8)
  }
}
