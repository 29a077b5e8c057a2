import MetricModel
import Testing

@testable import Exposition

@Suite struct OTLPMetricsTests {
  @Test(arguments: [
    ("http.server.duration", "ms", OTLPNames.Kind.other, "http_server_duration_milliseconds"),
    ("requests", "", .counter, "requests_total"),
    ("requests_total", "1", .counter, "requests_total"),
    ("total.time", "s", .counter, "time_seconds_total"), ("fill", "1", .gauge, "fill_ratio"),
    ("fill.ratio", "1", .gauge, "fill_ratio"), ("io", "By/s", .gauge, "io_bytes_per_second"),
    ("io.bytes", "By", .gauge, "io_bytes"), ("cpu", "%", .gauge, "cpu_percent"),
    ("q", "{request}", .gauge, "q"), ("2xx", "", .gauge, "_2xx"), ("a@@b", "", .gauge, "a_b"),
    ("a:b", "{x}/m", .gauge, "a:b_per_minute"), ("dist", "furlong", .gauge, "dist_furlong"),
  ])
  func `metrics get Prometheus names`(
    name: String, unit: String, kind: OTLPNames.Kind, expected: String
  ) {
    #expect(OTLPNames.metric(name, unit: unit, kind) == expected)
  }

  @Test(
    arguments: [
      ("http.method", "http_method"), ("123x", "key_123x"), ("__reserved__", "__reserved__"),
      ("a..b", "a__b"), ("_x", "key_x"), ("___", nil), ("é", "key_"), ("a__b", "a__b"),
    ] as [(String, String?)])
  func `labels get Prometheus names`(name: String, expected: String?) {
    #expect(OTLPNames.label(name) == expected)
  }

  @Test(arguments: [
    (
      "http.server.duration", "ms", OTLPNames.Kind.other, OTLPOptions.Translation.noTranslation,
      "http.server.duration"
    ),
    ("requests", "", .counter, .noUTF8EscapingWithSuffixes, "requests_total"),
    ("a.b.total", "By", .counter, .noUTF8EscapingWithSuffixes, "a.b_bytes_total"),
    ("fill", "1", .gauge, .noUTF8EscapingWithSuffixes, "fill_ratio"),
    ("io", "By/s", .gauge, .noUTF8EscapingWithSuffixes, "io_bytes_per_second"),
    ("http.x__y", "ms", .other, .underscoreEscapingWithoutSuffixes, "http_x__y"),
    ("2xx", "", .counter, .underscoreEscapingWithoutSuffixes, "_2xx"),
  ])
  func `other strategies keep more of a name`(
    name: String, unit: String, kind: OTLPNames.Kind, translation: OTLPOptions.Translation,
    expected: String
  ) {
    #expect(OTLPNames.metric(name, unit: unit, kind, translation) == expected)
  }

  @Test func `a resource's attributes become labels where that is asked for`() throws {
    let bytes = request { metric in
      metric.text(1, "g")
      metric.message(5) { gauge in point(&gauge, attributes: 7) { $0.double(4, 1) } }
    }
    var options = OTLPOptions()
    options.promotion = .only(["cloud.zone", "service.name"])
    options.keepsIdentifyingAttributes = true
    #expect(
      lines(of: try OTLPMetrics.parse(bytes, options).batch) == [
        #"g{cloud_zone="eu", http_method="GET", \#(job), service_name="api"} 1 1700000000000"#,
        #"target_info{cloud_zone="eu", \#(job), service_instance_id="i-1", service_name="api", "#
          + #"service_namespace="shop"} 1 1700000000000"#,
      ])
    options.promotion = .all(except: ["cloud.zone"])
    options.translation = .noTranslation
    #expect(
      lines(of: try OTLPMetrics.parse(bytes, options).batch).first
        == #"g{"http.method"="GET", \#(job), "service.instance.id"="i-1", "service.name"="api", "#
        + #""service.namespace"="shop"} 1 1700000000000"#)
  }

  private static let nanoseconds: UInt64 = 1_700_000_000_000_000_000

  /// One resource with one scope that has `metrics`.
  private func request(_ metrics: (inout ProtobufWriter) -> Void) -> [UInt8] {
    var request = ProtobufWriter()
    request.message(1) { resource in
      resource.message(1) { resource in
        resource.attribute(1, "service.name", "api")
        resource.attribute(1, "service.namespace", "shop")
        resource.attribute(1, "service.instance.id", "i-1")
        resource.attribute(1, "cloud.zone", "eu")
      }
      resource.message(2) { $0.message(2, metrics) }
    }
    return request.bytes
  }

  private func point(
    _ writer: inout ProtobufWriter, attributes: UInt64, _ content: (inout ProtobufWriter) -> Void
  ) {
    writer.message(1) { point in
      point.attribute(attributes, "http.method", "GET")
      point.fixed(2, Self.nanoseconds - 5_000_000_000)
      point.fixed(3, Self.nanoseconds)
      content(&point)
    }
  }

  private let job = #"instance="i-1", job="shop/api""#

  @Test func `sums and gauges become samples, resources target_info`() throws {
    let bytes = request { metric in
      metric.text(1, "requests")
      metric.text(2, "How many.")
      metric.message(7) { sum in
        point(&sum, attributes: 7) { $0.fixed(6, UInt64(42)) }
        sum.varint(2, UInt64(2))
        sum.varint(3, UInt64(1))
      }
    }
    let (batch, rejections) = try OTLPMetrics.parse(bytes)
    #expect(
      lines(of: batch) == [
        #"requests_total{http_method="GET", \#(job)} 42 1700000000000"#,
        #"target_info{cloud_zone="eu", \#(job)} 1 1700000000000"#,
      ])
    #expect(batch.startTimes == [1_699_999_995_000, 0])
    #expect(batch.metadata.first?.help == "How many." && rejections.isEmpty)
  }

  @Test func `explicit histograms become classic ones`() throws {
    let bytes = request { metric in
      metric.text(1, "latency")
      metric.text(3, "s")
      metric.message(9) { histogram in
        point(&histogram, attributes: 9) { point in
          point.fixed(4, UInt64(6))
          point.double(5, 2.5)
          for count in [UInt64(1), 2, 3] { point.fixed(6, count) }
          point.doubles(7, [0.5, 1])
          point.message(8) { exemplar in
            exemplar.fixed(2, Self.nanoseconds)
            exemplar.double(3, 0.75)
            exemplar.text(5, [0xab, 0x01])
          }
        }
        histogram.varint(2, UInt64(2))
      }
    }
    let batch = try OTLPMetrics.parse(bytes).batch
    let labels = #"http_method="GET", \#(job)"#
    #expect(
      lines(of: batch).dropLast() == [
        "latency_seconds_sum{\(labels)} 2.5 1700000000000",
        "latency_seconds_count{\(labels)} 6 1700000000000",
        #"latency_seconds_bucket{\#(labels), le="0.5"} 1 1700000000000"#,
        #"latency_seconds_bucket{\#(labels), le="1"} 3 1700000000000"#,
        #"latency_seconds_bucket{\#(labels), le="+Inf"} 6 1700000000000"#,
      ])
    #expect(batch.exemplars.map(\.series) == [3])
    #expect(batch.exemplars.first?.exemplar.labels["trace_id"] == "ab01")
  }

  @Test func `exponential histograms become native ones`() throws {
    let bytes = request { metric in
      metric.text(1, "size")
      metric.message(10) { histogram in
        point(&histogram, attributes: 1) { point in
          point.fixed(4, UInt64(10))
          point.double(5, 12)
          point.zigZag(6, 9)
          point.fixed(7, UInt64(1))
          point.message(8) { side in
            side.zigZag(1, -1)
            side.varints(2, [1, 2, 0, 3])
          }
          point.message(9) { side in side.varints(2, [3]) }
        }
        histogram.varint(2, UInt64(2))
      }
    }
    let batch = try OTLPMetrics.parse(bytes).batch
    // Scale 9 is one too fine: buckets -1, 0, 1, 2 lie in -1, 0, 0, 1, one further here.
    #expect(
      batch.histograms.map(\.histogram.expression) == [
        "{{schema:8 count:10 sum:12 z_bucket:1 z_bucket_w:1e-128 buckets:[1 2 3] n_offset:1 "
          + "n_buckets:[3]}}"
      ])
  }

  @Test func `differences are rejected by name`() throws {
    let bytes = request { metric in
      metric.text(1, "d")
      metric.message(7) { sum in
        point(&sum, attributes: 7) { $0.double(4, 1) }
        sum.varint(2, UInt64(1))
      }
    }
    let (batch, rejections) = try OTLPMetrics.parse(bytes)
    #expect(batch.count == 0)
    #expect(
      rejections.map(\.reason) == [#"invalid temporality and type combination for metric "d""#])
  }

  @Test(arguments: 0..<20)
  func `damaged requests are an error or a batch, never a crash`(seed: Int) {
    var generator = SplitMix64(seed: UInt64(seed))
    let bytes = request { metric in
      metric.text(1, "size")
      metric.message(10) { histogram in
        point(&histogram, attributes: 1) { point in
          point.zigZag(6, 20)
          point.message(8) { side in
            side.zigZag(1, -100)
            side.varints(2, [1, 2, 0, 3])
          }
        }
        histogram.varint(2, UInt64(2))
      }
    }
    for _ in 0..<300 {
      let parsed = try? OTLPMetrics.parse(damaged(bytes, using: &generator))
      #expect((parsed?.batch.labels.count ?? 0) < 1000, "seed \(seed)")
    }
  }
}

extension ProtobufWriter {
  fileprivate mutating func attribute(_ field: UInt64, _ key: String, _ value: String) {
    message(field) { attribute in
      attribute.text(1, key)
      attribute.message(2) { $0.text(1, value) }
    }
  }

  fileprivate mutating func fixed(_ field: UInt64, _ value: UInt64) {
    double(field, Double(bitPattern: value))
  }
}
