import HTTPTransport
import Manifest
package import MetricModel

/// What there is to ask for, as the server itself says: `/api/v1/labels`,
/// `/api/v1/label/NAME/values` and `/api/v1/series`.
extension RemoteSeries: SeriesCatalog {
  package func labelNames(
    matching matchers: [LabelMatcher], in range: TimeRange
  ) throws(SelectError) -> [String] {
    Self.sorted(texts(in: try ask("labels", matchers, in: range)))
  }

  package func labelValues(
    of name: String, matching matchers: [LabelMatcher], in range: TimeRange
  ) throws(SelectError) -> [String] {
    let path = "label/\(Self.escaped(name))/values"
    return Self.sorted(texts(in: try ask(path, matchers, in: range)))
  }

  package func seriesLabels(
    matching matchers: [LabelMatcher], in range: TimeRange
  ) throws(SelectError) -> [Labels] {
    let elements = try ask("series", matchers, in: range, needsSelector: true)
    let found = elements.compactMap { element in
      element.asObject.map { Labels($0.map { ($0.key, $0.value.asString ?? "") }) }
    }
    return Set(found).sorted()
  }

  /// The elements of an answer's `data`.
  private func ask(
    _ path: String, _ matchers: [LabelMatcher], in range: TimeRange, needsSelector: Bool = false
  ) throws(SelectError) -> [JSONValue] {
    let (first, last) = Self.bounds(range)
    let (start, end) = (Timestamp(milliseconds: first), Timestamp(milliseconds: last))
    var parameters = ["start=\(Self.seconds(start))", "end=\(Self.seconds(end))"]
    if needsSelector || !matchers.isEmpty {
      parameters.append("match%5B%5D=\(Self.escaped(Self.selector(matchers)))")
    }
    let target = "\(server.address)/api/v1/\(path)?\(parameters.joined(separator: "&"))"
    let response = try server.send(HTTPRequest(.get, target), isCancelled)
    guard response.isSuccess else {
      throw .unreadable(
        "\(server.address) answers /api/v1/\(path) with \(RemoteServer.told(response))")
    }
    do throws(JSONError) {
      let answer = try JSONValue(parsing: response.body)
      if let elements = answer["data"]?.asArray { return elements }
    } catch {
      throw .unreadable("\(server.address) answers /api/v1/\(path) with no JSON: \(error)")
    }
    throw .unreadable("\(server.address) answers /api/v1/\(path) without data")
  }

  private func texts(in elements: [JSONValue]) -> [String] { elements.compactMap(\.asString) }

  private static func sorted(_ texts: [String]) -> [String] {
    texts.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
