import MetricModel
import TimeSeriesStore

/// A million series, few samples each: memory, selections, metadata calls.
enum ManySeries {
  static func run(in directory: String, series count: Int) throws {
    let before = ProcessMemory.resident
    let store = try Store.open(directory)
    let start = ProcessorClock.now
    for round in 0..<3 as Range<Int64> { try append(round, count, to: store) }
    try store.maintain(now: Timestamp(milliseconds: 0))
    let filled = ProcessorClock.now
    let memory = ProcessMemory.resident - before
    print("\(count) series, 3 samples each")
    print("  append \(fixed((filled - start) / Double(3 * count) * 1e6)) CPU s a million samples")
    print("  memory \(memory / count) bytes a series in the head")
    try measure(store.snapshot(), "head")
    try store.seal()
    let sealed = ProcessorClock.now
    print("  seal \(fixed(sealed - filled)) CPU s")
    store.close()
    var options = StoreOptions()
    options.access = .existing
    let opening = ProcessorClock.now
    let again = try Store.open(directory, options: options)
    print("  open \(fixed(ProcessorClock.now - opening)) CPU s")
    try measure(again.snapshot(), "block")
    again.close()
  }

  private static func measure(_ view: StoreSnapshot, _ place: String) throws {
    let all = [LabelMatcher("__name__", equals: "model_predictions_total")]
    let pod = all + [LabelMatcher("pod", equals: "pod-1234")]
    let prefix = all + [try LabelMatcher("pod", .matchesRegex, "pod-12.*")]
    let alternation = all + [try LabelMatcher("pod", .matchesRegex, "pod-1|pod-77|pod-123")]
    let suffix = all + [try LabelMatcher("pod", .matchesRegex, ".*-1234")]
    for (name, matchers) in [
      ("one pod", pod), ("a prefix", prefix), ("an alternation", alternation),
      ("a suffix", suffix), ("a metric", all),
    ] {
      var found = 0
      let seconds = try ProcessorClock.least(rounds: 4) {
        found = try view.select(matchers, in: .all).labels.count
      }
      print("  \(place): select \(name): \(fixed(seconds * 1e3)) ms for \(found) series")
    }
    var values = 0
    let names = try ProcessorClock.least(rounds: 4) {
      values = try view.labelValues(of: "pod").count
    }
    print("  \(place): values of a label: \(fixed(names * 1e3)) ms for \(values)")
    let series = try ProcessorClock.least(rounds: 4) {
      values = try view.seriesLabels(matching: pod).count
    }
    print("  \(place): series of a pod: \(fixed(series * 1e3)) ms for \(values)")
    let whole = try ProcessorClock.least(rounds: 4) {
      values = try view.seriesLabels(matching: all).count
    }
    print("  \(place): series of a metric: \(fixed(whole * 1e3)) ms for \(values)")
    let cardinality = try ProcessorClock.least(rounds: 2) { _ = try view.cardinality() }
    print("  \(place): cardinality: \(fixed(cardinality * 1e3)) ms")
  }

  /// One scrape of every pod, of a hundred series each.
  private static func append(_ round: Int64, _ count: Int, to store: Store) throws {
    var batch = SampleBatch()
    for number in 0..<count {
      let (pod, series) = (number / 100, number % 100)
      let labels = Labels([
        ("__name__", series % 10 == 0 ? "model_predictions_total" : "latency_bucket"),
        ("app", "model-server"), ("endpoint", "/v1/\(series / 20)"), ("le", "\(series % 20)"),
        ("pod", "pod-\(pod)"), ("node", "node-\(pod % 512)"), ("version", "v\(pod % 3)"),
        ("job", "serving"),
      ])
      let time = Timestamp(milliseconds: 1_700_000_000_000 + round * 15_000)
      batch.append(series: batch.addSeries(labels), time, Double(round) * Double(series))
      if batch.count == 2000 {
        _ = try store.append(batch)
        batch.removeAll()
      }
    }
    _ = try store.append(batch)
  }
}
