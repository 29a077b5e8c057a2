/// One observation behind a sample that was kept as an example, usually with the id of a trace.
package struct Exemplar: Equatable, Sendable {
  /// Labels of the observation, such as `trace_id`; not those of the series.
  package var labels: Labels
  package var value: Double
  package var time: Timestamp

  package init(labels: Labels, value: Double, time: Timestamp) {
    self.labels = labels
    self.value = value
    self.time = time
  }

  /// Equality of bits.
  package static func == (left: Exemplar, right: Exemplar) -> Bool {
    left.labels == right.labels && left.value.bitPattern == right.value.bitPattern
      && left.time == right.time
  }
}

/// What is known about a metric family besides its samples.
package struct MetricMetadata: Hashable, Sendable {
  /// The family's name, without the suffixes of its series.
  package var family: String
  package var type: MetricType
  package var unit: String
  package var help: String

  package init(family: String, type: MetricType = .unknown, unit: String = "", help: String = "") {
    self.family = family
    self.type = type
    self.unit = unit
    self.help = help
  }
}

/// The types of metrics; raw values are the words of OpenMetrics and of the HTTP API.
package enum MetricType: String, CaseIterable, Sendable {
  case unknown
  case counter
  case gauge
  case histogram
  case gaugeHistogram = "gaugehistogram"
  case summary
  case info
  case stateSet = "stateset"

  /// The family of a series: its name without the suffix that series of this type bear.
  package func family(of name: String) -> String {
    let suffixes =
      switch self {
      case .histogram: ["_bucket", "_count", "_sum"]
      case .gaugeHistogram: ["_bucket", "_gcount", "_gsum"]
      case .summary: ["_count", "_sum"]
      default: [String]()
      }
    for suffix in suffixes where name.hasSuffix(suffix) {
      return String(name.dropLast(suffix.count))
    }
    return name
  }
}
