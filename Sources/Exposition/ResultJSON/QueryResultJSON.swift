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
  /// - Parameter timings: by name in seconds, where parameter `stats` asks for them.
  package static func answer(
    _ value: QueryValue, annotations: [Annotation],
    timings: [(name: String, seconds: Double)]? = nil
  ) -> [UInt8] {
    success(annotations: annotations) { json in
      json.object { json in
        json.field("resultType", value.typeName)
        json.field("result") { write(value, to: &$0) }
        guard let timings else { return }
        json.field("stats") { json in
          json.object { json in
            json.field("timings") { json in
              json.object { json in
                for (name, seconds) in timings { json.field(name) { $0.number(seconds) } }
              }
            }
          }
        }
      }
    }
  }

  /// A success with other data; `data` writes exactly one value.
  package static func success(
    annotations: [Annotation] = [], data: (inout JSONWriter) -> Void
  ) -> [UInt8] {
    var json = JSONWriter()
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
      labels.forEach { name, value in json.field(name, value) }
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
        for sample in samples {
          json.object { json in
            json.field("metric") { write(sample.labels, to: &$0) }
            let time = sample.time.milliseconds
            switch sample.value {
            case .number(let value): json.field("value") { $0.point(time, value) }
            case .histogram(let value): json.field("histogram") { $0.point(time, value) }
            }
          }
        }
      }
    case .matrix(let series):
      json.array { json in
        for row in series { write(row, to: &json) }
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

  /// What follows the list of results.
  static func end(_ annotations: [Annotation]) -> [UInt8] {
    var json = JSONWriter()
    json.object { write(annotations, to: &$0) }
    let fields = json.bytes.dropFirst()
    return Array("]}\(fields.count > 1 ? "," : "")".utf8) + fields
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
