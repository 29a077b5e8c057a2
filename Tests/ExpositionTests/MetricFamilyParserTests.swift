import MetricModel
import Testing

@testable import Exposition

@Suite struct MetricFamilyParserTests {
  private let now = Timestamp(milliseconds: 1_700_000_000_000)

  /// A family with one metric, after its length.
  private func family(
    _ name: String, type: UInt64, labels: [(String, String)] = [], timestamp: Int64 = 0,
    field: UInt64, _ content: (inout ProtobufWriter) -> Void
  ) -> [UInt8] {
    var family = ProtobufWriter()
    family.text(1, name)
    family.text(2, "Help of \(name).")
    family.varint(3, type)
    family.message(4) { metric in
      metric.labels(1, Labels(labels))
      metric.message(field, content)
      metric.varint(6, timestamp)
    }
    family.text(5, "seconds")
    var delimited = ProtobufWriter()
    delimited.raw(UInt64(family.bytes.count))
    return delimited.bytes + family.bytes
  }

  private func texts(_ batch: SampleBatch) -> [String] {
    lines(of: batch)
      + batch.histograms.map {
        "\(batch.labels[Int($0.series)]) \($0.histogram) \($0.time.milliseconds)"
      }
  }

  @Test func `numbers keep their labels and times`() throws {
    let bytes =
      family("c_total", type: 0, labels: [("a", "b")], field: 3) { counter in
        counter.double(1, 5)
        counter.message(2) { exemplar in
          exemplar.labels(1, Labels([("trace_id", "x")]))
          exemplar.double(2, 0.5)
          exemplar.message(3) { $0.varint(1, UInt64(1_699_999_999)) }
        }
        counter.message(3) { $0.varint(1, UInt64(1_600_000_000)) }
      } + family("g", type: 1, timestamp: 12345, field: 2) { $0.double(1, -0.5) }
      + family("u", type: 3, field: 5) { $0.double(1, 7) }
    let batch = try MetricFamilyParser.parse(bytes, untimedAt: now)
    #expect(
      texts(batch) == [
        #"c_total{a="b"} 5 1700000000000"#, "g -0.5 12345", "u 7 1700000000000",
      ])
    #expect(batch.startTimes == [1_600_000_000_000, 0, 0])
    #expect(batch.exemplars.map(\.exemplar.time.milliseconds) == [1_699_999_999_000])
    #expect(
      batch.metadata == [
        MetricMetadata(
          family: "c_total", type: .counter, unit: "seconds", help: "Help of c_total."),
        MetricMetadata(family: "g", type: .gauge, unit: "seconds", help: "Help of g."),
        MetricMetadata(family: "u", type: .unknown, unit: "seconds", help: "Help of u."),
      ])
  }

  @Test func `summaries and classic histograms become series`() throws {
    let bytes =
      family("s", type: 2, field: 4) { summary in
        summary.varint(1, UInt64(9))
        summary.double(2, 1.5)
        summary.message(3) { quantile in
          quantile.double(1, 0.5)
          quantile.double(2, 0.1)
        }
      }
      + family("h", type: 4, field: 7) { histogram in
        histogram.varint(1, UInt64(3))
        histogram.double(2, 2)
        histogram.message(3) { bucket in
          bucket.varint(1, UInt64(1))
          bucket.double(2, 1)
        }
      }
    let batch = try MetricFamilyParser.parse(bytes, untimedAt: now)
    #expect(
      texts(batch) == [
        "s_count 9 1700000000000", "s_sum 1.5 1700000000000",
        #"s{quantile="0.5"} 0.1 1700000000000"#, "h_count 3 1700000000000",
        "h_sum 2 1700000000000", #"h_bucket{le="1.0"} 1 1700000000000"#,
        #"h_bucket{le="+Inf"} 3 1700000000000"#,
      ])
  }

  @Test(arguments: [false, true])
  func `native histograms are kept, classic ones beside them if asked for`(keeps: Bool) throws {
    let bytes = family("h", type: 4, field: 7) { histogram in
      histogram.varint(1, UInt64(6))
      histogram.double(2, 9)
      histogram.message(3) { bucket in
        bucket.varint(1, UInt64(1))
        bucket.double(2, 1)
      }
      histogram.zigZag(5, 1)
      histogram.double(6, 0.001)
      histogram.varint(7, UInt64(1))
      histogram.message(12) { span in
        span.zigZag(1, -1)
        span.varint(2, UInt64(3))
      }
      histogram.varints(13, [2, -1, 1].map { Int64($0).zigZagEncoded })
    }
    let batch = try MetricFamilyParser.parse(
      bytes, untimedAt: now, histograms: keeps ? .both : .native)
    #expect(
      batch.histograms.map(\.histogram.expression) == [
        "{{schema:1 count:6 sum:9 z_bucket:1 z_bucket_w:0.001 offset:-1 buckets:[2 1 2]}}"
      ])
    #expect(batch.count == (keeps ? 4 : 0))
  }

  @Test func `a family without a name is refused with its place`() {
    let error = #expect(throws: WireError.self) {
      try MetricFamilyParser.parse([0x02, 0x18, 0x00], untimedAt: now)
    }
    #expect(
      error?.description
        == "decoding the request: a metric has no name at byte 3, "
        + "expected delimited io.prometheus.client.MetricFamily messages")
  }

  @Test(arguments: 0..<20)
  func `damaged messages are an error or a batch, never a crash`(seed: Int) {
    var generator = SplitMix64(seed: UInt64(seed))
    let bytes = family("h", type: 4, field: 7) { histogram in
      histogram.varint(1, UInt64(6))
      histogram.message(12) { span in
        span.zigZag(1, -1)
        span.varint(2, UInt64(3))
      }
      histogram.varints(13, [2, 1, 1].map { Int64($0).zigZagEncoded })
    }
    for _ in 0..<300 {
      let batch = try? MetricFamilyParser.parse(
        damaged(bytes, using: &generator), untimedAt: now)
      #expect(batch.map { $0.labels.count < 1000 } != false, "seed \(seed)")
    }
  }
}
