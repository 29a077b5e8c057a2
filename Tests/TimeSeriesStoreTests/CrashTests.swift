import MetricModel
import Synchronization
import Testing
import TimeSeriesStore

@Suite struct CrashTests {
  /// A disk as it was before some change, with what had been acknowledged and tried by then.
  private struct Moment {
    var disk: MemoryFiles
    var acknowledged: ReferenceStore
    var tried: TriedSamples
  }

  @Test(arguments: 0..<4 as Range<UInt64>)
  func `a power loss at any write loses nothing acknowledged`(seed: UInt64) throws {
    let disk = MemoryFiles()
    var options = tinyOptions()
    if seed % 2 == 1 { options.compaction.coldAfter = Milliseconds(0) }
    let states = Mutex<[MemoryFiles]>([])
    disk.observe { state in states.withLock { $0.append(state) } }
    var acknowledged = ReferenceStore(lateWindow: options.lateWindow)
    var moments: [Moment] = []
    var tried = TriedSamples()
    var store: Store?
    for operation in operations(seed: seed, count: 30, deletes: true, histograms: true) {
      var after = acknowledged
      if store == nil { store = try Store.open("db", on: disk, options: options) }
      if case .append(let batch) = operation {
        _ = after.append(batch)
        tried.add(batch)
      }
      // On the way, what is being deleted may be there or not.
      if case .delete(let deletion) = operation { acknowledged.delete(deletion) }
      if case .delete = operation { after = acknowledged }
      try perform(operation, on: &store)
      let passed = states.withLock { taken in
        defer { taken = [] }
        return taken
      }
      moments += passed.map { Moment(disk: $0, acknowledged: acknowledged, tried: tried) }
      acknowledged = after
      if case .delete(let deletion) = operation { tried.remove(deletion) }
    }
    disk.observe(nil)
    #expect(moments.count > 60)
    for (number, moment) in moments.enumerated() {
      for round in 0..<2 as Range<UInt64> {
        let after = moment.disk.crashed(seed: seed &* 1000 &+ UInt64(number) &* 7 &+ round)
        try check(after, moment, "seed \(seed), change \(number), crash \(round)")
      }
      // The process dies, is started again, and only then the power fails.
      let restarted = moment.disk.restarted()
      let seen = try contents(
        of: Store.open("db", on: restarted, options: options).snapshot())
      #expect(moment.acknowledged.isWithin(seen, notBeyond: moment.tried))
      let after = Moment(
        disk: restarted, acknowledged: ReferenceStore(seen, lateWindow: options.lateWindow),
        tried: moment.tried)
      try check(
        restarted.crashed(seed: seed &+ UInt64(number)), after,
        "seed \(seed), change \(number), restart then crash")
    }
  }

  private func check(_ disk: MemoryFiles, _ moment: Moment, _ place: String) throws {
    let store: Store
    do { store = try Store.open("db", on: disk, options: tinyOptions()) } catch {
      Issue.record("\(place): \(error)")
      return
    }
    let found = try contents(of: store.snapshot())
    #expect(
      moment.acknowledged.isWithin(found, notBeyond: moment.tried), "\(place): samples differ")
    // What was recovered can be lived on with.
    let outcome = try store.append(batch([("after", 1, 1)]))
    #expect(outcome.accepted == 1)
    try store.seal()
    store.close()
    let again = try Store.open("db", on: disk, options: tinyOptions(.existing))
    #expect(try contents(of: again.snapshot())["after"] != nil, "\(place): not reopened")
  }

  @Test(arguments: [
    MemoryFiles.Failure(after: 0, .full), MemoryFiles.Failure(after: 0, .other),
    MemoryFiles.Failure(after: 0, .full, isOnce: false),
    MemoryFiles.Failure(after: 0, .other, isOnce: false),
  ])
  func `a failure at any call loses nothing acknowledged`(kind: MemoryFiles.Failure) throws {
    let options = tinyOptions()
    let all = operations(seed: 77, count: 20, deletes: true, histograms: true)
    var calls = 1
    var failedRuns = 0
    while true {
      let disk = MemoryFiles()
      var failure = kind
      failure.after = calls - 1
      disk.plan(failure)
      var acknowledged = ReferenceStore(lateWindow: options.lateWindow)
      var tried = TriedSamples()
      var store: Store?
      var failures = 0
      // Deletions that failed: what they hid may come back, and the other way round.
      var unsure: [SampleDeletion] = []
      for operation in all {
        do {
          if store == nil {
            let opened = try Store.open("db", on: disk, options: options)
            // A batch without an answer may be there or not; from here on it's known which.
            let found = try contents(of: opened.snapshot())
            for deletion in unsure { acknowledged.delete(deletion) }
            unsure = []
            #expect(acknowledged.isWithin(found, notBeyond: tried), "call \(calls): reopened")
            acknowledged = ReferenceStore(found, lateWindow: options.lateWindow)
            store = opened
          }
          if case .append(let batch) = operation {
            var after = acknowledged
            let counts = after.append(batch)
            tried.add(batch)
            let outcome = try store?.append(batch)
            #expect(outcome?.accepted == counts[0], "call \(calls)")
            acknowledged = after
          } else {
            if case .delete(let deletion) = operation { acknowledged.delete(deletion) }
            try perform(operation, on: &store)
            if case .delete(let deletion) = operation { tried.remove(deletion) }
          }
        } catch {
          failures += 1
          if case .delete(let deletion) = operation, let store {
            // What a deletion that failed left is known from here on.
            let found = try contents(of: store.snapshot())
            #expect(acknowledged.isWithin(found, notBeyond: tried), "call \(calls): deleted")
            acknowledged = ReferenceStore(found, lateWindow: options.lateWindow)
            unsure.append(deletion)
          }
        }
        if let store {
          let seen = try contents(of: store.snapshot())
          #expect(seen == acknowledged.contents, "call \(calls): readers see other samples")
        }
      }
      disk.plan(nil)
      store?.close()
      let again = try Store.open("db", on: disk.crashed(seed: UInt64(calls)), options: options)
      let found = try contents(of: again.snapshot())
      for deletion in unsure { acknowledged.delete(deletion) }
      #expect(acknowledged.isWithin(found, notBeyond: tried), "call \(calls): samples differ")
      if failures == 0 { break }
      failedRuns += 1
      calls += 1
    }
    #expect(failedRuns > 30, "only \(failedRuns) calls")
  }

  @Test func `a full disk refuses a batch and takes the next one`() throws {
    let disk = MemoryFiles()
    let store = try Store.open("db", on: disk)
    _ = try store.append(batch([("up", 1000, 1)]))
    disk.plan(MemoryFiles.Failure(after: 0, .full))
    #expect(throws: StoreError.self) { try store.append(batch([("up", 2000, 1), ("x", 1, 1)])) }
    let outcome = try store.append(batch([("up", 2000, 2), ("x", 1, 1)]))
    #expect(outcome.accepted == 2)
    #expect(try contents(of: store.snapshot())["up"]?.values == [1, 2])
    let again = try Store.open("db", on: disk.crashed(seed: 1))
    #expect(try contents(of: again.snapshot())["up"]?.values == [1, 2])
  }

  @Test func `after a failed sync nothing is acknowledged any more`() throws {
    let disk = MemoryFiles()
    let store = try Store.open("db", on: disk)
    _ = try store.append(batch([("up", 1000, 1)]))
    disk.plan(MemoryFiles.Failure(after: 1))
    for time in [2000, 3000] as [Int64] {
      let error = #expect(throws: StoreError.self) { try store.append(batch([("up", time, 1)])) }
      #expect(
        error?.description == """
          the store takes no more samples since sync "db/log/00000001.log": planned failure; \
          restart to recover what is on disk
          """)
    }
    #expect(try contents(of: store.snapshot())["up"]?.timestamps == [1000])
  }
}

/// Does one thing to a store; closes it for `.reopen`.
func perform(_ operation: StoreOperation, on store: inout Store?) throws {
  switch operation {
  case .append(let batch): _ = try store?.append(batch)
  case .delete(let deletion): try store?.delete(matching: deletion.matchers, in: deletion.range)
  case .seal: try store?.seal()
  case .maintain(let now): try store?.maintain(now: now)
  case .reopen:
    store?.close()
    store = nil
  }
}
