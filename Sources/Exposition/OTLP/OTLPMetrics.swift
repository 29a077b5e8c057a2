package import MetricModel

/// Reads metrics of the OpenTelemetry protocol over HTTP in protobuf: the body of
/// `/api/v1/otlp/v1/metrics`.
///
///     let (batch, rejections) = try OTLPMetrics.parse(body, options)
///
/// Names and labels come out as Prometheus 3 makes them. Exponential histograms become
/// native ones, explicit ones classic series. Resources name `job` and `instance`, and with further
/// attributes a series `target_info`. Sums that tell differences instead of totals are rejected one
/// by one, as Prometheus does without its flag for them.
package struct OTLPMetrics {
  private let bytes: [UInt8]
  private var batch = SampleBatch()
  private var rejections: [OTLPRejection] = []
  private let options: OTLPOptions
  private var scope: [OTLPAttribute]?
  private var resource = OTLPResource()
  /// The times of the resource's points, for `target_info`.
  private var times: [Int64] = []

  /// - Returns: what is to be stored, and why metrics were left out, for the answer's
  ///   `partial_success`.
  package static func parse(
    _ bytes: [UInt8], _ options: OTLPOptions = OTLPOptions()
  ) throws(WireError) -> (batch: SampleBatch, rejections: [OTLPRejection]) {
    var parser = OTLPMetrics(bytes: bytes, options)
    var reader = ProtobufReader(0..<bytes.count, of: .metricsExport)
    while let (field, payload) = try reader.next(bytes.span) {
      if field == 1, case .bytes(let range) = payload {
        try parser.resourceMetrics(reader.part(range))
      }
    }
    return (parser.batch, parser.rejections)
  }

  private init(bytes: [UInt8], _ options: OTLPOptions) {
    self.bytes = bytes
    self.options = options
  }

  private mutating func resourceMetrics(_ reader: ProtobufReader) throws(WireError) {
    var reader = reader
    var scopes: [Range<Int>] = []
    var attributes: [OTLPAttribute] = []
    while let (field, payload) = try reader.next(bytes.span) {
      guard case .bytes(let range) = payload else { continue }
      if field == 1 { attributes = try self.attributes(reader.part(range), field: 1) }
      if field == 2 { scopes.append(range) }
    }
    resource = OTLPResource(attributes, options)
    times = []
    for range in scopes { try scopeMetrics(reader.part(range)) }
    guard let labels = resource.targetInfo, let first = times.min(), let latest = times.max()
    else { return }
    // Lookups find it at any time between.
    let series = batch.addSeries(labels)
    let step = max(options.targetInfoInterval, (latest - first) / Self.targetInfoMax, 1)
    for time in stride(from: first, to: latest, by: Int(step)) {
      batch.append(series: series, Timestamp(milliseconds: time), 1)
    }
    batch.append(series: series, Timestamp(milliseconds: latest), 1)
    batch.append(MetricMetadata(family: "target_info", type: .gauge, help: "Target metadata"))
  }

  /// A sender that is wrong about the time doesn't fill the store.
  private static let targetInfoMax: Int64 = 1000

  private mutating func scopeMetrics(_ reader: ProtobufReader) throws(WireError) {
    var reader = reader
    var metrics: [Range<Int>] = []
    var labels: [OTLPAttribute] = []
    var schema = ""
    while let (field, payload) = try reader.next(bytes.span) {
      guard case .bytes(let range) = payload else { continue }
      switch field {
      case 1 where options.promotesScope: labels = try scopeLabels(reader.part(range))
      case 2: metrics.append(range)
      case 3: schema = try reader.text(range, bytes)
      default: continue
      }
    }
    // A scope without a name says nothing.
    scope = labels.contains { $0.key == "otel_scope_name" } ? labels : nil
    if !schema.isEmpty { scope?.append(OTLPAttribute("otel_scope_schema_url", schema)) }
    for range in metrics { try metric(reader.part(range)) }
    scope = nil
  }

  /// The labels that tell the scope: its name, its version, its attributes.
  private func scopeLabels(_ reader: ProtobufReader) throws(WireError) -> [OTLPAttribute] {
    var labels = try attributes(reader, field: 3).map { attribute in
      OTLPAttribute("otel_scope_" + attribute.key, attribute.value)
    }
    var reader = reader
    while let (field, payload) = try reader.next(bytes.span) {
      guard case .bytes(let range) = payload else { continue }
      if field == 1 {
        labels.append(OTLPAttribute("otel_scope_name", try reader.text(range, bytes)))
      }
      if field == 2 {
        labels.append(OTLPAttribute("otel_scope_version", try reader.text(range, bytes)))
      }
    }
    return labels
  }

  private mutating func metric(_ reader: ProtobufReader) throws(WireError) {
    var reader = reader
    var (name, help, unit) = ("", "", "")
    var content: (kind: UInt64, range: Range<Int>)?
    while let (field, payload) = try reader.next(bytes.span) {
      guard case .bytes(let range) = payload else { continue }
      switch field {
      case 1: name = try reader.text(range, bytes)
      case 2: help = try reader.text(range, bytes)
      case 3: unit = try reader.text(range, bytes)
      case 5, 7, 9, 10, 11: content = (field, range)
      default: continue
      }
    }
    guard let content else { return }
    let points = try points(reader.part(content.range))
    let isSumOrHistogram = content.kind != 5 && content.kind != 11
    guard !isSumOrHistogram || points.isCumulative else {
      reject("invalid temporality and type combination for metric \(GoText.quoted(name))", points)
      return
    }
    let isCounter = content.kind == 7 && points.isMonotonic
    let kind: OTLPNames.Kind = isCounter ? .counter : content.kind == 5 ? .gauge : .other
    guard let family = OTLPNames.metric(name, unit: unit, kind, options.translation) else {
      reject("normalization for metric \(GoText.quoted(name)) resulted in empty name", points)
      return
    }
    let types: [UInt64: MetricType] = [5: .gauge, 9: .histogram, 10: .histogram, 11: .summary]
    let (main, per) = OTLPNames.units(unit, escapes: options.translation.escapes)
    batch.append(
      MetricMetadata(
        family: family, type: isCounter ? .counter : types[content.kind] ?? .gauge,
        unit: [main, per].compactMap(\.self).joined(separator: "_"), help: help))
    for range in points.ranges {
      let point = try point(reader.part(range), kind: content.kind)
      times.append(point.time.milliseconds)
      append(point, family, kind: content.kind)
    }
  }

  private mutating func reject(_ reason: String, _ points: Points) {
    rejections.append(OTLPRejection(reason: reason, points: points.ranges.count))
  }

  private struct Points {
    var ranges: [Range<Int>] = []
    var isCumulative = false
    var isMonotonic = false
  }

  private func points(_ reader: ProtobufReader) throws(WireError) -> Points {
    var reader = reader
    var points = Points()
    while let (field, payload) = try reader.next(bytes.span) {
      switch (field, payload) {
      case (1, .bytes(let range)): points.ranges.append(range)
      case (2, .varint(let number)): points.isCumulative = number == 2
      case (3, .varint(let number)): points.isMonotonic = number == 1
      default: continue
      }
    }
    return points
  }

  /// A point of any kind of metric; each kind has its own numbers for the fields.
  private func point(_ reader: ProtobufReader, kind: UInt64) throws(WireError) -> OTLPPoint {
    var reader = reader
    var point = OTLPPoint()
    let fields: OTLPPoint.Fields =
      switch kind {
      case 9: .histogram
      case 10: .exponential
      case 11: .summary
      default: .number
      }
    point.attributes = try attributes(reader, field: fields.attributes)
    while let (field, payload) = try reader.next(bytes.span) {
      switch (field, payload) {
      case (2, .fixed64(let nanoseconds)): point.start = Self.time(nanoseconds)
      case (3, .fixed64(let nanoseconds)): point.time = Self.time(nanoseconds)
      case (fields.flags, .varint(let flags)): point.isMissing = flags & 1 == 1
      case (fields.exemplars, .bytes(let range)):
        point.exemplars.append(try exemplar(reader.part(range)))
      default: try point.take(field, payload, kind: kind, reader, bytes.span)
      }
    }
    return point
  }

  private static func time(_ nanoseconds: UInt64) -> Timestamp {
    Timestamp(milliseconds: Int64(nanoseconds / 1_000_000))
  }

  private func exemplar(_ reader: ProtobufReader) throws(WireError) -> Exemplar {
    var builder = LabelsBuilder()
    for attribute in try attributes(reader, field: 7) {
      builder.set(attribute.key, attribute.value)
    }
    var reader = reader
    var exemplar = Exemplar(labels: .empty, value: 0, time: Timestamp(milliseconds: 0))
    while let (field, payload) = try reader.next(bytes.span) {
      switch (field, payload) {
      case (2, .fixed64(let nanoseconds)): exemplar.time = Self.time(nanoseconds)
      case (3, .fixed64(let bits)): exemplar.value = Double(bitPattern: bits)
      case (6, .fixed64(let bits)): exemplar.value = Double(Int64(bitPattern: bits))
      case (4, .bytes(let range)): builder.set("span_id", Self.hexadecimal(bytes[range]))
      case (5, .bytes(let range)): builder.set("trace_id", Self.hexadecimal(bytes[range]))
      default: continue
      }
    }
    exemplar.labels = builder.labels
    return exemplar
  }

  static func hexadecimal(_ bytes: ArraySlice<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  /// The attributes of a message, under the field that holds them.
  private func attributes(
    _ reader: ProtobufReader, field wanted: UInt64
  ) throws(WireError) -> [OTLPAttribute] {
    var reader = reader
    var attributes: [OTLPAttribute] = []
    while let (field, payload) = try reader.next(bytes.span) {
      guard field == wanted, case .bytes(let range) = payload else { continue }
      attributes.append(try OTLPAttribute(reader.part(range), bytes))
    }
    return attributes
  }

  private mutating func append(_ point: OTLPPoint, _ family: String, kind: UInt64) {
    let labels = resource.labels(point.attributes, scope)
    func series(_ suffix: String, _ label: (name: String, value: String)? = nil) -> UInt32 {
      var builder = LabelsBuilder(labels)
      builder.set(Labels.metricName, family + suffix)
      if let label { builder.set(label.name, label.value) }
      return batch.addSeries(builder.labels)
    }
    func add(_ series: UInt32, _ value: Double) {
      // A gauge has no start, whatever its point says.
      batch.append(
        series: series, point.time, point.isMissing ? StaleMarker.value : value,
        startTime: kind == 5 ? nil : point.start)
    }
    switch kind {
    case 9:
      if let sum = point.sum { add(series("_sum"), sum) }
      add(series("_count"), point.count)
      var total: UInt64 = 0
      var last = -Double.infinity
      for (bound, count) in zip(point.bounds + [.infinity], point.buckets + [0]) {
        total = total &+ count
        let bucket = series("_bucket", ("le", NumberText.plain(bound)))
        add(bucket, bound == .infinity ? point.count : Double(total))
        for exemplar in point.exemplars where exemplar.value > last && exemplar.value <= bound {
          batch.append(ExemplarRow(series: bucket, exemplar: exemplar))
        }
        last = bound
      }
    case 10:
      let series = series("")
      do throws(HistogramError) {
        let histogram = try point.nativeHistogram()
        if point.isMissing {
          add(series, StaleMarker.value)
        } else {
          batch.append(
            HistogramRow(
              series: series, time: point.time, startTime: point.start, histogram: histogram))
        }
      } catch {
        rejections.append(OTLPRejection(reason: "\(family): \(error)", points: 1))
      }
      for exemplar in point.exemplars {
        batch.append(ExemplarRow(series: series, exemplar: exemplar))
      }
    case 11:
      add(series("_sum"), point.sum ?? 0)
      add(series("_count"), point.count)
      for (quantile, value) in point.quantiles {
        add(series("", ("quantile", NumberText.plain(quantile))), value)
      }
    default:
      let series = series("")
      add(series, point.value)
      for exemplar in point.exemplars {
        batch.append(ExemplarRow(series: series, exemplar: exemplar))
      }
    }
  }
}
