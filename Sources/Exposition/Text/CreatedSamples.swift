package import MetricModel

extension SampleBatch {
  /// The batch of an OpenMetrics text, whose `_created` samples have become start times.
  ///
  /// That is: of counters, summaries and histograms; what other families have of this name stays.
  /// The sample that tells of a start is found wherever it stands.
  package var takingCreated: SampleBatch {
    let types = Dictionary(metadata.map { ($0.family, $0.type) }, uniquingKeysWith: { $1 })
    let parts = labels.map { CountedPart($0, types) }
    var starts: [Labels: Int64] = [:]
    for row in 0..<count {
      guard let part = parts[Int(series[row])], part.isCreated else { continue }
      // To the millisecond below, as Prometheus has it.
      starts[part.metric] = Int64(exactly: (values[row] * 1000).rounded(.towardZero))
    }
    var result = SampleBatch()
    let numbers = zip(labels, parts).map { labels, part in
      part?.isCreated == true ? nil : result.addSeries(labels)
    }
    for row in 0..<count {
      let place = Int(series[row])
      guard let number = numbers[place] else { continue }
      let start = parts[place].flatMap { starts[$0.metric] }
      result.append(
        series: number, Timestamp(milliseconds: timestamps[row]), values[row],
        startTime: start.map { Timestamp(milliseconds: $0) })
    }
    for row in exemplars {
      guard let number = numbers[Int(row.series)] else { continue }
      result.append(ExemplarRow(series: number, exemplar: row.exemplar))
    }
    for family in metadata { result.append(family) }
    return result
  }
}

/// A series of a counter, a summary or a histogram.
private struct CountedPart {
  /// The family's name, and the labels that all series of the metric share.
  let metric: Labels
  /// Whether the series says since when the others have counted.
  let isCreated: Bool

  private static let suffixes: [MetricType: [String]] = [
    .counter: ["_total", "_created", ""],
    .summary: ["_count", "_sum", "_created", ""],
    .histogram: ["_bucket", "_count", "_sum", "_created"],
  ]

  /// Nil for series of other families.
  init?(_ labels: Labels, _ types: [String: MetricType]) {
    let name = labels.metricName
    for suffix in ["_created", "_total", "_bucket", "_count", "_sum", ""]
    where name.hasSuffix(suffix) {
      let family = String(name.dropLast(suffix.count))
      guard let type = types[family], Self.suffixes[type]?.contains(suffix) == true else {
        continue
      }
      var builder = LabelsBuilder(labels)
      builder.set(Labels.metricName, family)
      if type == .histogram { builder.remove("le") }
      if type == .summary { builder.remove("quantile") }
      metric = builder.labels
      isCreated = suffix == "_created"
      return
    }
    return nil
  }
}
