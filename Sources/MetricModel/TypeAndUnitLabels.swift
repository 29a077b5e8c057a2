/// What is known of metric families, found by the names of their series.
///
///     MetadataTable(batch.metadata)[of: "latency_seconds_bucket"]    // of family latency_seconds
package struct MetadataTable: Sendable {
  private var families: [String: MetricMetadata] = [:]

  package init(_ metadata: [MetricMetadata]) {
    for family in metadata { families[family.family] = family }
  }

  /// The suffixes by which series of a type may differ from their family. OpenMetrics names a
  /// counter without its `_total`.
  private static let suffixes: [(type: MetricType, suffixes: [String])] = [
    (.histogram, ["_bucket", "_count", "_sum"]),
    (.gaugeHistogram, ["_bucket", "_gcount", "_gsum"]),
    (.summary, ["_count", "_sum"]), (.counter, ["_total"]), (.info, ["_info"]),
  ]

  /// Nil when nothing is known.
  package subscript(of name: String) -> MetricMetadata? {
    if families.isEmpty { return nil }
    if let metadata = families[name] { return metadata }
    for (type, suffixes) in Self.suffixes {
      for suffix in suffixes where name.hasSuffix(suffix) {
        let family = families[String(name.dropLast(suffix.count))]
        if let family, family.type == type { return family }
      }
    }
    return nil
  }
}

extension Labels {
  /// The label that tells a metric's type, where a server has been told to keep it so.
  package static let metricType = "__type__"
  /// The label that tells a metric's unit.
  package static let metricUnit = "__unit__"
}

extension SampleBatch {
  /// The batch with its series' types and units as labels, as Prometheus' feature
  /// `type-and-unit-labels` has it: what the metadata know takes the place of such labels that a
  /// sender wrote itself.
  package var withTypesAndUnits: SampleBatch {
    if metadata.isEmpty { return self }
    let table = MetadataTable(metadata)
    var result = self
    for (index, labels) in self.labels.enumerated() {
      guard let family = table[of: labels.metricName] else { continue }
      var builder = LabelsBuilder(labels)
      if family.type != .unknown { builder.set(Labels.metricType, family.type.rawValue) }
      if !family.unit.isEmpty { builder.set(Labels.metricUnit, family.unit) }
      result.labels[index] = builder.labels
    }
    return result
  }
}
