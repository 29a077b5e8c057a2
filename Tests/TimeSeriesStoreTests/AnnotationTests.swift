import MetricModel
import Synchronization
import Testing

@testable import TimeSeriesStore

@Suite struct AnnotationTests {
  private static let series = Labels([(Labels.metricName, "latency_bucket"), ("le", "1")])

  private static func exemplar(_ number: Int64, value: Double = 0.5) -> Exemplar {
    Exemplar(
      labels: Labels([("trace_id", "t\(number)")]), value: value,
      time: Timestamp(milliseconds: number))
  }

  private static func annotated(_ exemplars: [Exemplar], of series: Labels = series) -> SampleBatch
  {
    var batch = SampleBatch()
    let number = batch.addSeries(series)
    for exemplar in exemplars { batch.append(ExemplarRow(series: number, exemplar: exemplar)) }
    return batch
  }

  private static func stored(_ store: Store) -> [Exemplar] {
    store.snapshot().exemplars(matching: [[]], in: .all).flatMap(\.exemplars)
  }

  @Test func `exemplars are kept, known again, and refused when they come late`() throws {
    let disk = MemoryFiles()
    let store = try Store.open("db", on: disk)
    let first = try store.append(
      Self.annotated([Self.exemplar(1), Self.exemplar(1), Self.exemplar(5)]))
    #expect(first.exemplars == 2)
    let again = try store.append(
      Self.annotated([
        Self.exemplar(5), Self.exemplar(4), Self.exemplar(5, value: 0.7),
        Exemplar(
          labels: Labels([("trace_id", String(repeating: "x", count: 130))]), value: 1,
          time: Timestamp(milliseconds: 9)),
      ]))
    #expect(again.exemplars == 1)
    #expect(again.exemplarsRefused == 2)
    let expected = [Self.exemplar(1), Self.exemplar(5), Self.exemplar(5, value: 0.7)]
    #expect(Self.stored(store) == expected)
    #expect(Self.stored(try Store.open("db", on: disk.restarted())) == expected)
    let range = TimeRange(
      after: Timestamp(milliseconds: 1), through: Timestamp(milliseconds: 5))
    let le = LabelMatcher("le", equals: "1")
    let other = LabelMatcher("le", equals: "2")
    let found = store.snapshot().exemplars(matching: [[other], [le]], in: range)
    #expect(found.map(\.series) == [Self.series])
    #expect(found.first?.exemplars.count == 2)
    #expect(store.snapshot().exemplars(matching: [[other]], in: .all).isEmpty)
  }

  @Test func `the oldest exemplars go when there are too many`() throws {
    let disk = MemoryFiles()
    var options = StoreOptions()
    options.exemplarsMax = 20
    let store = try Store.open("db", on: disk, options: options)
    for number in 0..<90 as Range<Int64> {
      _ = try store.append(Self.annotated([Self.exemplar(number)]))
      if number % 30 == 7 {
        _ = try store.append(batchOfSamples(number))
        try store.seal()
      }
    }
    let found = Self.stored(store).map(\.time.milliseconds)
    #expect(found.count <= 20 && found.count >= 15)
    #expect(found == Array((90 - Int64(found.count))..<90))
    let again = try Store.open("db", on: disk.restarted(), options: options)
    #expect(Self.stored(again).map(\.time.milliseconds).suffix(15) == found.suffix(15))
  }

  @Test func `the latest word on a metric family counts`() throws {
    let disk = MemoryFiles()
    let store = try Store.open("db", on: disk)
    var batch = SampleBatch()
    batch.append(MetricMetadata(family: "requests", type: .counter, help: "All requests."))
    batch.append(MetricMetadata(family: "latency", type: .histogram, unit: "seconds", help: "é"))
    #expect(try store.append(batch).metadata == 2)
    #expect(try store.append(batch).metadata == 0)
    var next = SampleBatch()
    next.append(MetricMetadata(family: "requests", type: .counter, help: "Answered requests."))
    #expect(try store.append(next).metadata == 1)
    _ = try store.append(batchOfSamples(1))
    try store.seal()
    for view in [store.snapshot(), try Store.open("db", on: disk.restarted()).snapshot()] {
      #expect(view.metadata().map(\.family) == ["latency", "requests"])
      #expect(view.metadata(of: "requests")?.help == "Answered requests.")
      #expect(view.metadata(of: "latency")?.unit == "seconds")
      #expect(view.metadata(of: "nothing") == nil)
    }
    try store.writeSnapshot(into: "copy")
    let copy = try Store.open("copy", on: disk)
    #expect(copy.snapshot().metadata() == store.snapshot().metadata())
    #expect(try contents(of: copy.snapshot()) == contents(of: store.snapshot()))
    var long = SampleBatch()
    long.append(MetricMetadata(family: "x", help: String(repeating: "h", count: 20_000)))
    #expect(try store.append(long).metadataRefused == 1)
  }

  @Test func `a power loss at any write loses no exemplar and no metadata, and doubles none`()
    throws
  {
    let disk = MemoryFiles()
    let options = tinyOptions()
    let states = Mutex<[(MemoryFiles, Int64)]>([])
    let acknowledged = Mutex<Int64>(0)
    disk.observe { state in
      states.withLock { $0.append((state, acknowledged.withLock { $0 })) }
    }
    var store = try Store.open("db", on: disk, options: options)
    for number in 1...40 as ClosedRange<Int64> {
      // Two at one time, as scrapes of one target may have them.
      var batch = Self.annotated([Self.exemplar(number), Self.exemplar(number, value: 0.9)])
      batch.append(MetricMetadata(family: "family_\(number)", type: .gauge))
      _ = try store.append(batch)
      acknowledged.withLock { $0 = number }
      if number % 3 == 0 { _ = try store.append(batchOfSamples(number)) }
      if number % 7 == 0 { try store.seal() }
      if number % 11 == 0 {
        store.close()
        store = try Store.open("db", on: disk, options: options)
      }
    }
    disk.observe(nil)
    let all = (1...41 as ClosedRange<Int64>).flatMap { number in
      [Self.exemplar(number), Self.exemplar(number, value: 0.9)]
    }
    for (number, (state, count)) in states.withLock({ $0 }).enumerated() {
      let after = try Store.open("db", on: state.crashed(seed: UInt64(number)), options: options)
      let found = Self.stored(after)
      #expect(found.count >= 2 * count, "change \(number)")
      #expect(found == Array(all.prefix(found.count)), "change \(number)")
      #expect(after.snapshot().metadata().count >= count, "change \(number)")
    }
  }

  private func batchOfSamples(_ time: Int64) -> SampleBatch {
    batch([("up", time, Double(time))])
  }
}
