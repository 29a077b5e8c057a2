package import MetricModel

/// The JSON of Prometheus' HTTP API: answers, lists and errors in their envelope.
///
///     QueryResultJSON.answer(.scalar(ScalarPoint(time: time, value: 2)), annotations: [])
///     // {"status":"success","data":{"resultType":"scalar","result":[1700000000,"2"]}}
package enum QueryResultJSON {
  /// Annotations of one severity beyond this are counted instead of listed, as Prometheus does.
  private static let annotationCountMax = 10

  /// What a query answered, with its remarks.
  ///
  /// - Parameter statistics: where parameter `stats` asks for them.
  package static func answer(
    _ value: QueryValue, annotations: [Annotation], statistics: Statistics? = nil
  ) -> [UInt8] {
    success(annotations: annotations, sizeAbout: sizeAbout(value)) { json in
      json.object { json in
        json.field("resultType", value.typeName)
        json.field("result") { write(value, to: &$0) }
        if let statistics { json.field("stats") { write(statistics, to: &$0) } }
      }
    }
  }

  /// What a query cost.
  package struct Statistics {
    /// By name, in seconds.
    package var timings: [(name: String, seconds: Double)]
    /// Samples looked at.
    package var total: Int
    /// Samples held at once.
    package var peak: Int
    /// Empty where they aren't to be told.
    package var perStep: [(time: Timestamp, count: Int)]

    package init(
      timings: [(name: String, seconds: Double)], total: Int, peak: Int,
      perStep: [(time: Timestamp, count: Int)] = []
    ) {
      self.timings = timings
      self.total = total
      self.peak = peak
      self.perStep = perStep
    }
  }

  private static func write(_ statistics: Statistics, to json: inout JSONWriter) {
    json.object { json in
      json.field("timings") { json in
        json.object { json in
          for (name, seconds) in statistics.timings { json.field(name) { $0.number(seconds) } }
        }
      }
      json.field("samples") { json in
        json.object { json in
          if !statistics.perStep.isEmpty {
            json.field("totalQueryableSamplesPerStep") { write(statistics.perStep, to: &$0) }
          }
          json.field("totalQueryableSamples") { $0.integer(Int64(statistics.total)) }
          json.field("peakSamples") { $0.integer(Int64(statistics.peak)) }
        }
      }
    }
  }

  private static func write(
    _ counts: [(time: Timestamp, count: Int)], to json: inout JSONWriter
  ) {
    json.array { json in
      for (time, count) in counts {
        json.array { json in
          json.number(time.seconds)
          json.integer(Int64(count))
        }
      }
    }
  }

  /// Bytes that a value takes, mostly: text that grows is copied again and again.
  private static func sizeAbout(_ value: QueryValue) -> Int {
    switch value {
    case .scalar, .string: 0
    case .vector(let samples): samples.reduce(200) { $0 + $1.labels.sizeBytes + 80 }
    case .matrix(let series):
      series.reduce(200) { $0 + $1.labels.sizeBytes + 40 + $1.samples.count * pointSizeAbout }
    }
  }

  /// `[1700000000,"0.12345678901234567"],`
  private static let pointSizeAbout = 36

  /// A success with other data; `data` writes exactly one value.
  ///
  /// - Parameter sizeAbout: how many bytes that will be, if anybody knows.
  package static func success(
    annotations: [Annotation] = [], sizeAbout: Int = 0, data: (inout JSONWriter) -> Void
  ) -> [UInt8] {
    var json = JSONWriter()
    json.reserveCapacity(sizeAbout)
    json.object { json in
      json.field("status", "success")
      json.field("data", data)
      write(annotations, to: &json)
    }
    return json.bytes
  }

  /// A failure; `type` is one of Prometheus' words: `bad_data`, `execution`, `timeout`, …
  package static func failure(type: String, message: String) -> [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.field("status", "error")
      json.field("errorType", type)
      json.field("error", message)
    }
    return json.bytes
  }

  /// A label set as an object, names in their order.
  package static func write(_ labels: Labels, to json: inout JSONWriter) {
    json.object { json in
      labels.forEachText { name, value in json.field(name, value) }
    }
  }

  private static func write(_ value: QueryValue, to json: inout JSONWriter) {
    switch value {
    case .scalar(let point):
      // Prometheus spells scalars and strings by another encoder than points: the time as a plain
      // float, the value never with an exponent.
      json.array { json in
        json.number(point.time.seconds)
        json.string(NumberText.plain(point.value))
      }
    case .string(let text, let time):
      json.array { json in
        json.number(time.seconds)
        json.string(text)
      }
    case .vector(let samples):
      json.array { json in
        for sample in samples { write(sample, to: &json) }
      }
    case .matrix(let series):
      json.array { json in
        for row in series { write(row, to: &json) }
      }
    }
  }

  static func write(_ sample: VectorSample, to json: inout JSONWriter) {
    json.object { json in
      json.field("metric") { write(sample.labels, to: &$0) }
      let time = sample.time.milliseconds
      switch sample.value {
      case .number(let value): json.field("value") { $0.point(time, value) }
      case .histogram(let value): json.field("histogram") { $0.point(time, value) }
      }
    }
  }

  static func write(_ series: Series, to json: inout JSONWriter) {
    json.object { json in
      json.field("metric") { write(series.labels, to: &$0) }
      let histograms = series.samples.histograms
      if histograms.isEmpty || series.samples.count > 0 {
        json.field("values") { $0.points(series.samples) }
      }
      if histograms.isEmpty { return }
      json.field("histograms") { json in
        json.array { json in
          for (time, value) in zip(histograms.timestamps, histograms.values) {
            json.point(time, value)
          }
        }
      }
    }
  }

  /// What follows the results of a query.
  static func end(_ statistics: Statistics?, _ annotations: [Annotation]) -> [UInt8] {
    var json = JSONWriter()
    json.object { json in
      if let statistics { json.field("stats") { write(statistics, to: &$0) } }
    }
    return Array("]".utf8) + continued(json) + end(annotations)
  }

  /// What follows the data.
  static func end(_ annotations: [Annotation]) -> [UInt8] {
    var json = JSONWriter()
    json.object { write(annotations, to: &$0) }
    return continued(json)
  }

  /// The fields of an object as the rest of another that has some already.
  private static func continued(_ object: JSONWriter) -> [UInt8] {
    let fields = object.bytes.dropFirst()
    return (fields.count > 1 ? [UInt8(ascii: ",")] : []) + fields
  }

  private static func write(_ annotations: [Annotation], to json: inout JSONWriter) {
    for (severity, field) in [(Annotation.Severity.warning, "warnings"), (.info, "infos")] {
      let texts = annotations.filter { $0.severity == severity }.map(\.text)
      if texts.isEmpty { continue }
      json.field(field) { json in
        json.array { json in
          for text in texts.prefix(annotationCountMax) { json.string(text) }
          let omitted = texts.count - annotationCountMax
          if omitted > 0 { json.string("\(omitted) more \(severity) annotations omitted") }
        }
      }
    }
  }
}
