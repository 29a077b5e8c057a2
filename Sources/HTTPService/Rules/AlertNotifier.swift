import HTTPTransport
import Logging
import Manifest
import MetricModel
import Rules

/// Tells Alertmanagers of alerts, by their API `/api/v2/alerts`.
///
/// What can't be delivered is dropped and logged: a firing alert is sent again a minute later
/// anyway, which is what Alertmanager's protocol relies on.
struct AlertNotifier: Sendable {
  /// An alert with the expression of its rule.
  struct Message: Sendable {
    var alert: Alert
    var expression: String
  }

  let options: RuleOptions
  let transport: HTTPTransport
  let logger: Logger

  private static let batchSize = 64

  /// Returns when every Alertmanager has answered, or its time is up.
  func send(_ messages: [Message]) async {
    var rest = messages[...]
    while !rest.isEmpty {
      let batch = rest.prefix(Self.batchSize)
      rest = rest.dropFirst(batch.count)
      let body = JSONValue.array(batch.map(json)).spelled
      await withDiscardingTaskGroup { tasks in
        for address in options.alertmanagers {
          tasks.addTask { await deliver(body, to: address) }
        }
      }
    }
  }

  private func deliver(_ body: String, to address: String) async {
    let base = address.hasSuffix("/") ? String(address.dropLast()) : address
    var request = HTTPRequest(.post, "\(base)/api/v2/alerts")
    request.headers = ["Content-Type": "application/json"]
    request.body = Array(body.utf8)
    request.timeouts.total = .seconds(10)
    do throws(TransportError) {
      let response = try await transport.send(request, bodyLimitBytes: 1 << 16)
      if !response.isSuccess {
        logger.error(
          "\(address) refused alerts with status \(response.status): \(response.text.prefix(200))")
      }
    } catch {
      logger.error("alerts could not be sent: \(error)")
    }
  }

  private func json(_ message: Message) -> JSONValue {
    let alert = message.alert
    let link = "/graph?g0.expr=\(Self.escaped(message.expression))&g0.tab=1"
    var fields: [String: JSONValue] = [
      "labels": Self.object(labels(of: alert)),
      "annotations": Self.object(alert.annotations),
      "startsAt": .string((alert.firedAt ?? alert.activeAt).rfc3339),
      "generatorURL": .string(options.environment.externalURL + link),
    ]
    if let end = alert.resolvedAt ?? alert.validUntil { fields["endsAt"] = .string(end.rfc3339) }
    return .object(fields)
  }

  /// The alert's labels with the server's external ones where it lacks them.
  private func labels(of alert: Alert) -> Labels {
    var builder = LabelsBuilder(alert.labels)
    for pair in options.environment.externalLabels where alert.labels[pair.name] == nil {
      builder.set(pair.name, pair.value)
    }
    return builder.labels
  }

  private static func object(_ labels: Labels) -> JSONValue {
    .object(
      Dictionary(labels.pairs.map { ($0.name, JSONValue.string($0.value)) }) { _, last in last })
  }

  /// For the query of an address.
  private static func escaped(_ text: String) -> String {
    text.utf8.map { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: return String(UnicodeScalar(byte))
      case 0x20: return "+"
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        return "%" + (digits.utf8.count == 1 ? "0" : "") + digits
      }
    }.joined()
  }
}
