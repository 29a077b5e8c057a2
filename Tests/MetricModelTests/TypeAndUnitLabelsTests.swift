import MetricModel
import Testing

@Suite struct TypeAndUnitLabelsTests {
  private func labelled(_ names: [Labels], _ metadata: [MetricMetadata]) -> [String] {
    var batch = SampleBatch()
    for labels in names { _ = batch.addSeries(labels) }
    for family in metadata { batch.append(family) }
    return batch.withTypesAndUnits.labels.map(\.description)
  }

  @Test func `series of a family bear its type and its unit`() {
    let names = ["lat_seconds_bucket", "lat_seconds_sum", "lat_seconds", "other_count", "up"]
    #expect(
      labelled(
        names.map { Labels([("__name__", $0)]) },
        [
          MetricMetadata(family: "lat_seconds", type: .histogram, unit: "seconds"),
          MetricMetadata(family: "up", type: .gauge),
        ]) == [
          #"lat_seconds_bucket{__type__="histogram", __unit__="seconds"}"#,
          #"lat_seconds_sum{__type__="histogram", __unit__="seconds"}"#,
          #"lat_seconds{__type__="histogram", __unit__="seconds"}"#, "other_count",
          #"up{__type__="gauge"}"#,
        ])
  }

  @Test func `what a sender wrote itself gives way, unless nothing is known`() {
    let own = [("__type__", "gauge"), ("__unit__", "m"), ("a", "b")]
    #expect(
      labelled(
        [Labels([("__name__", "x_total")] + own), Labels([("__name__", "y")] + own)],
        [MetricMetadata(family: "x", type: .counter), MetricMetadata(family: "y")]) == [
          #"x_total{__type__="counter", __unit__="m", a="b"}"#,
          #"y{__type__="gauge", __unit__="m", a="b"}"#,
        ])
  }
}
