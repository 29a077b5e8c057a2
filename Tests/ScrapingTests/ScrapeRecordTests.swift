import MetricModel
import Scraping
import Testing

@Suite struct ScrapeRecordTests {
  private let target = ScrapeTarget(
    labels: Labels([("job", "api"), ("instance", "h:1")]), url: "http://h:1/metrics",
    interval: .seconds(10), timeout: .seconds(5), job: 0, discovered: .empty)

  private func job(_ change: (inout ScrapeJob) -> Void = { _ in }) -> ScrapeJob {
    var job = ScrapeJob(name: "api", interval: .seconds(10), timeout: .seconds(5))
    change(&job)
    return job
  }

  private func text(_ body: String) -> ScrapeAnswer {
    .body(Array(body.utf8), contentType: "text/plain; version=0.0.4")
  }

  /// Rows as `name{own labels} value @time`, without the scrape's own unless asked for.
  private func rows(_ batch: SampleBatch, own: Bool = false) -> [String] {
    (0..<batch.count).compactMap { row in
      let labels = batch.labels[Int(batch.series[row])]
      let isOwn = labels.metricName == "up" || labels.metricName.hasPrefix("scrape_")
      guard isOwn == own else { return nil }
      let value = batch.values[row]
      let shown = value.isStaleMarker ? "stale" : NumberText.general(value)
      return "\(labels.removing(["job", "instance"])) \(shown) @\(batch.timestamps[row])"
    }.sorted()
  }

  private func at(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }

  @Test func `a scrape brings its samples and its own metrics`() {
    var record = ScrapeRecord()
    let outcome = record.take(
      text("# TYPE a counter\na 1\nb{x=\"y\"} 2 5\n"), of: target, job(), at: at(1000),
      seconds: 0.25)
    #expect(outcome.error == nil && outcome.scraped == 2 && outcome.added == 2)
    #expect(rows(outcome.batch) == ["a 1 @1000", #"b{x="y"} 2 @5"#])
    #expect(
      rows(outcome.batch, own: true) == [
        "scrape_duration_seconds 0.25 @1000", "scrape_samples_post_metric_relabeling 2 @1000",
        "scrape_samples_scraped 2 @1000", "scrape_series_added 2 @1000", "up 1 @1000",
      ])
    #expect(outcome.batch.labels[0]["instance"] == "h:1")
    #expect(outcome.batch.metadata.map(\.family) == ["a"])
  }

  @Test func `created samples are start times where the server is told so`() {
    let body = ScrapeAnswer.body(
      Array("# TYPE a counter\na_total 2\na_created 0.5\n# EOF\n".utf8),
      contentType: "application/openmetrics-text; version=1.0.0")
    var plain = ScrapeRecord()
    let series = plain.take(body, of: target, job(), at: at(1000), seconds: 0)
    #expect(rows(series.batch) == ["a_created 0.5 @1000", "a_total 2 @1000"])
    #expect(series.batch.startTimes.isEmpty)
    var record = ScrapeRecord(takesCreated: true)
    let outcome = record.take(body, of: target, job(), at: at(1000), seconds: 0)
    #expect(outcome.error == nil && outcome.scraped == 1)
    #expect(rows(outcome.batch) == ["a_total 2 @1000"])
    #expect(outcome.batch.startTimes.first == 500)
  }

  @Test func `types are labels where the server is told so`() {
    var record = ScrapeRecord(labelsTypesAndUnits: true)
    let first = record.take(
      text("# TYPE a counter\na 1\nb{__type__=\"gauge\"} 2\n"), of: target, job(), at: at(1000),
      seconds: 0)
    #expect(
      rows(first.batch) == [#"a{__type__="counter"} 1 @1000"#, #"b{__type__="gauge"} 2 @1000"#])
    let second = record.take(text("a 1\n"), of: target, job(), at: at(2000), seconds: 0)
    #expect(
      rows(second.batch) == [
        "a 1 @2000", #"a{__type__="counter"} stale @2000"#, #"b{__type__="gauge"} stale @2000"#,
      ])
  }

  @Test func `series that go are ended, those with times of their own aren't`() {
    var record = ScrapeRecord()
    _ = record.take(text("a 1\nb 2\nc 3 7\n"), of: target, job(), at: at(1000), seconds: 0)
    let second = record.take(text("a 1\n"), of: target, job(), at: at(2000), seconds: 0)
    #expect(rows(second.batch) == ["a 1 @2000", "b stale @2000"])
    let third = record.take(text("a 1\nb 2\n"), of: target, job(), at: at(3000), seconds: 0)
    #expect(rows(third.batch) == ["a 1 @3000", "b 2 @3000"])
    #expect(rows(third.batch, own: true).contains("scrape_series_added 1 @3000"))
  }

  @Test(arguments: [
    ScrapeAnswer.failure("connection refused"),
    .body(Array("a{ 1\n".utf8), contentType: "text/plain"),
    .body(Array("a 1\n".utf8), contentType: "text/html"),
    .body(Array("a 1\n".utf8), contentType: "application/openmetrics-text"),
  ])
  func `a failed scrape ends everything`(answer: ScrapeAnswer) {
    var record = ScrapeRecord()
    _ = record.take(text("a 1\n"), of: target, job(), at: at(1000), seconds: 0)
    let outcome = record.take(answer, of: target, job(), at: at(2000), seconds: 0)
    #expect(outcome.error != nil)
    #expect(rows(outcome.batch) == ["a stale @2000"])
    #expect(rows(outcome.batch, own: true).contains("up 0 @2000"))
    let again = record.take(answer, of: target, job(), at: at(3000), seconds: 0)
    #expect(rows(again.batch).isEmpty)
  }

  @Test func `labels of the target win, unless honoured`() {
    var record = ScrapeRecord()
    let body = text("a{job=\"own\",exported_job=\"taken\"} 1\n")
    let outcome = record.take(body, of: target, job(), at: at(1), seconds: 0)
    #expect(
      outcome.batch.labels[0].description
        == #"a{exported_exported_job="own", exported_job="taken", instance="h:1", job="api"}"#)
    let honored = record.take(
      body, of: target, job { $0.honorsLabels = true }, at: at(2), seconds: 0)
    #expect(
      honored.batch.labels[0].description
        == #"a{exported_job="taken", instance="h:1", job="own"}"#)
  }

  @Test func `times of the exposition may be overruled`() {
    var record = ScrapeRecord()
    let outcome = record.take(
      text("a 1 5\n"), of: target, job { $0.honorsTimestamps = false }, at: at(9), seconds: 0)
    #expect(rows(outcome.batch) == ["a 1 @9"])
    let next = record.take(
      text(""), of: target, job { $0.honorsTimestamps = false }, at: at(10), seconds: 0)
    #expect(rows(next.batch) == ["a stale @10"])
  }

  @Test func `relabelling drops and renames, and only then samples count`() throws {
    var drop = try RelabelRule()
    drop.action = .drop
    drop.sourceLabels = ["__name__"]
    drop.regex = try RegexMatcher("go_.*")
    let job = job {
      $0.metricRelabelings = [drop]
      $0.limits.samples = 1
    }
    var record = ScrapeRecord()
    let outcome = record.take(
      text("a 1\ngo_x 2\ngo_y 3\n"), of: target, job, at: at(1), seconds: 0)
    #expect(outcome.error == nil && outcome.scraped == 3 && outcome.added == 1)
    let beyond = record.take(text("a 1\nb 2\n"), of: target, job, at: at(2), seconds: 0)
    #expect(beyond.error == "sample limit exceeded")
    #expect(rows(beyond.batch) == ["a stale @2"])
    #expect(rows(beyond.batch, own: true).contains("scrape_samples_scraped 2 @2"))
  }

  @Test(arguments: [
    (0, "label_limit exceeded (metric: metric, number of labels: 4, limit: 3)"),
    (
      1,
      "label_name_length_limit exceeded (metric: metric, label name: instance, length: 8, limit: 7)"
    ),
    (
      2,
      "label_value_length_limit exceeded (metric: metric, label name: __name__, value: "
        + "\"metric\", length: 6, limit: 5)"
    ),
    (3, "body size limit exceeded"),
  ])
  func `limits are kept`(which: Int, message: String) {
    let job = job {
      switch which {
      case 0: $0.limits.labels = 3
      case 1: $0.limits.labelNameLength = 7
      case 2: $0.limits.labelValueLength = 5
      default: $0.limits.bodyBytes = 5
      }
    }
    var record = ScrapeRecord()
    let outcome = record.take(
      text(which == 1 ? "metric 1\n" : "metric{x=\"y\"} 1\n"), of: target, job, at: at(1),
      seconds: 0)
    #expect(
      which == 1
        ? outcome.error?.hasPrefix("label_name_length_limit") == true
        : outcome.error == message)
  }

  @Test func `a target that has gone ends with all its series`() {
    var record = ScrapeRecord()
    _ = record.take(text("a 1\n"), of: target, job(), at: at(1000), seconds: 0)
    let batch = record.end(of: target.identity, at: at(5000))
    #expect(batch.count == 6 && batch.values.allSatisfy(\.isStaleMarker))
    #expect(rows(batch) == ["a stale @5000"])
  }
}
