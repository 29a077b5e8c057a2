import Exposition
import Manifest
import MetricModel
import PromQL
import TimeSeriesStore

/// `/api/v1/otlp/v1/metrics`: metrics of OpenTelemetry over HTTP, in protobuf or JSON.
struct OTLPEndpoints: Sendable {
  let store: Store
  let options: ServiceOptions
  let counters: ServiceCounters

  private enum Format: String {
    case protobuf = "application/x-protobuf"
    case json = "application/json"
  }

  /// Answers 200, with the points that weren't stored counted in `partial_success`; 400 for a body
  /// that can't be read, which isn't worth repeating, 503 when the store can't take anything.
  func metrics(_ request: APIRequest) -> APIResponse {
    let type = request.contentType.prefix { $0 != ";" && $0 != " " }.lowercased()
    guard let format = Format(rawValue: type) else {
      return .text(
        "unsupported content type: \(request.contentType), supported: [\(Format.json.rawValue), "
          + "\(Format.protobuf.rawValue)]\n", status: 400)
    }
    do {
      let body = try decompressed(request)
      let message = format == .json ? try OTLPJSON.message(body) : body
      let otlp = options.configuration?.state.contents.otlp ?? OTLPOptions()
      let (batch, rejections) = try OTLPMetrics.parse(message, otlp)
      let isTyped = options.queries.features.contains(.typeAndUnitLabels)
      return try append(isTyped ? batch.withTypesAndUnits : batch, rejections, format)
    } catch let error as StoreError {
      return .text("\(error)\n", status: 503)
    } catch {
      return .text("\(error)\n", status: 400)
    }
  }

  private func decompressed(_ request: APIRequest) throws -> [UInt8] {
    switch request.contentEncoding {
    case "", "identity": return request.body
    case "gzip":
      let limit = options.decodedWriteBytesMax
      guard let body = ContentEncoding.gzip.decompressed(request.body, limit: limit) else {
        throw BodyError(description: "the body isn't gzip, or unpacks to more than \(limit) bytes")
      }
      return body
    case let other:
      throw BodyError(
        description: "unsupported compression: \(other). Only \"gzip\" or no compression supported")
    }
  }

  private struct BodyError: Error, CustomStringConvertible {
    let description: String
  }

  private func append(
    _ batch: SampleBatch, _ rejections: [OTLPRejection], _ format: Format
  ) throws -> APIResponse {
    var messages = rejections.map(\.reason)
    var rejected = rejections.reduce(0) { $0 + $1.points }
    if !batch.isEmpty {
      let outcome = try store.append(batch)
      counters.count(outcome)
      rejected += outcome.refused
      messages += outcome.refusals.map { "\($0)" }
    }
    // What a sender logs should tell the causes, not fill its disk.
    let message = messages.prefix(Self.messagesMax).joined(separator: "; ")
    let body =
      format == .json
      ? OTLPExport.answerJSON(rejected: rejected, message: message)
      : OTLPExport.answer(rejected: rejected, message: message)
    return APIResponse(status: 200, contentType: format.rawValue, body: body)
  }

  private static let messagesMax = 5
}
