import MetricModel
import Testing
import TimeSeriesStore

@Suite struct HistoryTests {
  @Test(arguments: 0..<20 as Range<UInt64>)
  func `sealing, merging, compressing and restarting change no answer`(seed: UInt64) throws {
    let all = operations(
      seed: 100 + seed, count: 120, deletes: seed % 2 == 1, histograms: seed % 4 > 1)
    var options = [StoreOptions(), tinyOptions()]
    options[0].sealing.samplesMax = .max
    if seed % 3 > 0 { options[1].compaction.coldAfter = .minutes(5 * (Int64(seed) % 3 - 1)) }
    var stores: [Store?] = [nil, nil]
    let disks = [MemoryFiles(), MemoryFiles()]
    var reference = ReferenceStore(lateWindow: StoreOptions().lateWindow)
    for (number, operation) in all.enumerated() {
      for index in stores.indices where stores[index] == nil {
        stores[index] = try Store.open("db", on: disks[index], options: options[index])
      }
      if case .delete(let deletion) = operation {
        reference.delete(deletion)
        for index in stores.indices { try perform(operation, on: &stores[index]) }
        continue
      }
      guard case .append(let batch) = operation else {
        // The first store never seals by itself; both restart.
        try perform(operation, on: &stores[1])
        if case .reopen = operation { try perform(operation, on: &stores[0]) }
        continue
      }
      let expected = reference.append(batch)
      for store in stores {
        let outcome = try store?.append(batch) ?? AppendOutcome()
        let counts = [outcome.accepted, outcome.duplicates, outcome.conflicts, outcome.tooOld]
        #expect(counts == expected, "seed \(seed), operation \(number)")
      }
    }
    for (index, disk) in disks.enumerated() {
      stores[index]?.close()
      let store = try Store.open("db", on: disk, options: options[index])
      #expect(try contents(of: store.snapshot()) == reference.contents, "seed \(seed)")
    }
  }

  @Test func `a snapshot doesn't change while the store goes on`() throws {
    let store = try Store.open("db", on: MemoryFiles(), options: tinyOptions())
    var views: [(StoreSnapshot, [String: SampleColumns])] = []
    for operation in operations(seed: 5, count: 60) {
      if case .append(let batch) = operation { _ = try store.append(batch) }
      if case .maintain(let now) = operation { try store.maintain(now: now) }
      let view = store.snapshot()
      views.append((view, try contents(of: view)))
    }
    for (view, seen) in views { #expect(try contents(of: view) == seen) }
  }

  @Test func `a snapshot directory is a store of its own`() throws {
    let disk = MemoryFiles()
    let store = try Store.open("db", on: disk, options: tinyOptions())
    _ = try store.append(history(series: 10, samples: 50))
    try store.seal()
    _ = try store.append(
      history(series: 12, samples: 50, start: 1_700_000_000_000 + 50 * 15_000))
    let expected = try contents(of: store.snapshot())
    try store.writeSnapshot(into: "db/snapshots/first")
    #expect(store.snapshot().statistics.blocks.count == 1)
    #expect(try contents(of: store.snapshot()) == expected)
    let copy = try Store.open("db/snapshots/first", on: disk.crashed(seed: 3))
    #expect(try contents(of: copy.snapshot()) == expected)
    let error = #expect(throws: StoreError.self) {
      try store.writeSnapshot(into: "db/snapshots/first")
    }
    #expect(error?.description.contains("it exists already") == true)
  }
}
