package import Analysis
package import Manifest
internal import MetricModel

/// A field of metrics and the values to try: `accuracy.margin=0.01,0.02`, `*.interval=30s,1m`.
package struct Sweep: Equatable, Sendable {
  /// Nil for all metrics.
  package var metric: String?
  /// A field of the metric, its provider, or its plugin.
  package var field: String
  package var values: [String]

  /// Nil for a text of another shape.
  package init?(_ text: String) {
    guard let sign = text.firstIndex(of: "="), let dot = text[..<sign].lastIndex(of: ".") else {
      return nil
    }
    let name = String(text[..<dot])
    metric = name == "*" ? nil : name
    field = String(text[text.index(after: dot)..<sign])
    values = text[text.index(after: sign)...].split(separator: ",").map(String.init)
    guard !name.isEmpty, !field.isEmpty, !values.isEmpty else { return nil }
  }

  /// A template with the value in the place of the field.
  ///
  /// - Throws: `ManifestError` where no metric has the field, or it doesn't take the value.
  package func applied(
    _ value: String, to document: ManifestNode
  ) throws(ManifestError) -> AnalysisTemplate {
    var count = 0
    let changed = replacing(in: document, value, &count)
    guard count > 0 else {
      throw ManifestError(
        "no metric \(metric ?? "at all") has a field \"\(field)\" to sweep", at: document,
        path: "spec.metrics")
    }
    return try AnalysisTemplate(changed)
  }

  private func replacing(
    in document: ManifestNode, _ value: String, _ count: inout Int
  ) -> ManifestNode {
    guard case .map(var entries) = document.content else { return document }
    for index in entries.indices {
      let entry = entries[index]
      if entry.key == "spec" {
        entries[index].value = replacing(in: entry.value, value, &count)
      } else if entry.key == "metrics", case .list(let metrics) = entry.value.content {
        let changed = metrics.map { node in
          metric == nil || node["name"]?.asText == metric
            ? replacingField(in: node, value, &count) : node
        }
        entries[index].value.content = .list(changed)
      }
    }
    var result = document
    result.content = .map(entries)
    return result
  }

  private func replacingField(
    in node: ManifestNode, _ value: String, _ count: inout Int
  ) -> ManifestNode {
    guard case .map(var entries) = node.content else { return node }
    for index in entries.indices {
      if entries[index].key == field {
        entries[index].value.content = content(value, like: entries[index].value)
        count += 1
      } else {
        entries[index].value = replacingField(in: entries[index].value, value, &count)
      }
    }
    var result = node
    result.content = .map(entries)
    return result
  }

  /// Of the kind that stood there.
  private func content(_ value: String, like old: ManifestNode) -> ManifestNode.Content {
    switch old.content {
    case .integer, .number:
      if let integer = Int64(value) { return .integer(integer) }
      return NumberText.parse(value).map { .number($0) } ?? .text(value)
    default: return .text(value)
    }
  }
}

/// What came of each value of a sweep.
package struct SweepSummary: Sendable {
  package var sweep: Sweep
  package var rows: [(value: String, summary: BacktestSummary)]

  package init(sweep: Sweep, rows: [(value: String, summary: BacktestSummary)]) {
    self.sweep = sweep
    self.rows = rows
  }

  /// A table with bars: the shares of false alarms and misses.
  package var lines: [String] {
    let header = [sweep.field, "false alarms", "", "missed", "", "undecided", "detected after"]
    let body = rows.map { value, summary -> [String] in
      [
        value, "\(summary.falseAlarms)/\(summary.good)",
        Self.bar(summary.falseAlarms, summary.good), "\(summary.misses)/\(summary.bad)",
        Self.bar(summary.misses, summary.bad), "\(summary.undecided)",
        summary.medianTimeToDetection.map(BacktestSummary.minutes) ?? "-",
      ]
    }
    return BacktestSummary.aligned([header] + body)
  }

  private static func bar(_ count: Int, _ all: Int) -> String {
    let full = all > 0 ? Int((Double(count) / Double(all) * 16).rounded()) : 0
    return String(repeating: "█", count: full) + String(repeating: "░", count: 16 - full)
  }
}
