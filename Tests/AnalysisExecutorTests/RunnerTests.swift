import Analysis
import AnalysisExecutor
import Foundation
import Manifest
import MetricModel
import Synchronization
import Testing

@Suite struct RunnerTests {
  /// Lets time pass until the run has ended.
  private static func finish(
    _ name: String, _ runner: AnalysisRunner, _ clock: ManualClock
  ) async -> AnalysisRun? {
    for _ in 0..<200 {
      let isThere = await eventually {
        if clock.next != nil { return true }
        return await runner.run(name)?.phase.isCompleted ?? true
      }
      guard isThere else { return nil }
      if let run = await runner.run(name), run.phase.isCompleted { return run }
      if let next = clock.next { clock.advance(to: next) }
      await Task.yield()
    }
    return nil
  }

  @Test func `a run is measured at its interval until it ends`() async throws {
    let clock = ManualClock()
    let source = ScriptedSource { _, now in ScriptedSource.number(1, at: now) }
    let runner = AnalysisRunner(source: source, clock: clock.clock)
    let start = clock.now
    try await runner.start("a", spec: try Specs.threshold())
    let run = try #require(await Self.finish("a", runner, clock))
    #expect(run.phase == .successful)
    #expect(source.requests.map(\.number) == [1, 2, 3])
    #expect(run.completedAt == start.advanced(by: .minutes(2)))
  }

  @Test func `live runs are told of again when nothing was for a while, and ended ones aren't`()
    async throws
  {
    let clock = ManualClock()
    let told = Mutex<[String]>([])
    let source = ScriptedSource { _, now in ScriptedSource.number(1, at: now) }
    let runner = AnalysisRunner(
      source: source, clock: clock.clock,
      onChange: { run, now in told.withLock { $0.append("\(run.name) \(run.phase)") } })
    let start = clock.now
    try await runner.start("a", spec: try Specs.threshold())
    #expect(await eventually { source.requests.count == 1 && clock.next != nil })
    #expect(told.withLock { $0.count } > 0)
    told.withLock { $0 = [] }
    await runner.tellAgain(untoldSince: start.advanced(by: .seconds(-1)))
    #expect(told.withLock { $0 } == [])
    await runner.tellAgain(untoldSince: start)
    #expect(told.withLock { $0 } == ["a running"])
    _ = await Self.finish("a", runner, clock)
    told.withLock { $0 = [] }
    await runner.tellAgain(untoldSince: clock.now)
    #expect(told.withLock { $0 } == [])
  }

  @Test func `updates end with the run`() async throws {
    let clock = ManualClock()
    let source = ScriptedSource { _, now in ScriptedSource.number(-1, at: now) }
    let runner = AnalysisRunner(source: source, clock: clock.clock)
    try await runner.start("a", spec: try Specs.threshold())
    let updates = try #require(await runner.updates(of: "a"))
    async let ended = Self.finish("a", runner, clock)
    var last: AnalysisRun?
    for await run in updates { last = run }
    #expect(await ended?.phase == .failed)
    #expect(last?.phase == .failed)
    #expect(await runner.updates(of: "b") == nil)
  }

  @Test func `a crash after any event changes neither the verdict nor what is recorded`()
    async throws
  {
    // The answers depend on the measurement alone, so that asking again gives the same.
    let values = [1.0, -1, 1, 1, 1]
    let script: @Sendable (MeasurementRequest, Timestamp) -> MeasurementAnswer = { request, _ in
      ScriptedSource.number(
        values[request.id.number - 1], at: Timestamp(milliseconds: Int64(request.id.number)))
    }
    let spec = try Specs.threshold(count: 5)
    let plainClock = ManualClock()
    let plain = AnalysisRunner(
      source: ScriptedSource(script), journal: MemoryJournal(), clock: plainClock.clock)
    try await plain.start("a", spec: spec)
    let expected = try #require(await Self.finish("a", plain, plainClock))
    for crashAt in 0..<9 {
      let clock = ManualClock()
      let journal = MemoryJournal()
      let first = AnalysisRunner(
        source: ScriptedSource(script), journal: journal, clock: clock.clock)
      try await first.start("a", spec: spec)
      var copy = journal.copy
      for _ in 0..<300 where try copy.lines(of: "a").count < crashAt + 1 {
        if let next = clock.next { clock.advance(to: next) }
        await Task.yield()
        copy = journal.copy
      }
      await first.close()
      let second = AnalysisRunner(
        source: ScriptedSource(script), journal: copy, clock: clock.clock)
      try await second.recover()
      let run = try #require(await Self.finish("a", second, clock), "crash \(crashAt)")
      #expect(run.phase == expected.phase, "crash \(crashAt)")
      #expect(run.results.map(\.count) == expected.results.map(\.count), "crash \(crashAt)")
      let record = try #require(try await second.record(of: "a"))
      #expect(record.run.json == run.json, "crash \(crashAt)")
      #expect(try Rejudgement(of: record.json.manifestNode).differences == [])
    }
  }

  @Test func `nothing is done about an event that can't be written down`() async throws {
    let clock = ManualClock()
    let journal = MemoryJournal()
    let trouble = Mutex<[String]>([])
    let source = ScriptedSource { _, now in ScriptedSource.number(1, at: now) }
    let runner = AnalysisRunner(
      source: source, journal: journal, clock: clock.clock,
      onTrouble: { text in trouble.withLock { $0.append(text) } })
    journal.refuse(1)
    await #expect(throws: AnalysisRunner.StartError.notWritten("no space left on device")) {
      try await runner.start("a", spec: try Specs.threshold(count: 1))
    }
    #expect(await runner.run("a") == nil)
    #expect(trouble.withLock { $0 } == ["no space left on device"])
    trouble.withLock { $0 = [] }
    try await runner.start("b", spec: try Specs.threshold(count: 2))
    #expect(await eventually { await runner.run("b")?.results.first?.count == 1 })
    journal.refuse(2)
    let asked = source.requests.count
    if let next = clock.next { clock.advance(to: next) }
    #expect(await eventually { trouble.withLock { $0.count } == 1 })
    #expect(source.requests.count == asked)
    let run = await Self.finish("b", runner, clock)
    #expect(run?.phase == .successful)
    #expect(trouble.withLock { $0 } == ["no space left on device", "no space left on device"])
  }

  @Test func `what happens while the disk is waited for is written together`() async throws {
    let clock = ManualClock()
    let journal = MemoryJournal()
    let source = ScriptedSource { _, now in ScriptedSource.number(1, at: now) }
    let runner = AnalysisRunner(source: source, journal: journal, clock: clock.clock)
    let spec = try Specs.threshold(count: 1)
    try await withThrowingTaskGroup { group in
      for number in 0..<200 {
        group.addTask { try await runner.start("r\(number)", spec: spec) }
        // The same run again waits for the same line.
        group.addTask { try await runner.start("r\(number)", spec: spec) }
      }
      try await group.waitForAll()
    }
    #expect(
      await eventually { await runner.runs().allSatisfy { $0.phase == .successful } })
    await runner.close()
    #expect(try journal.names().count == 200)
    #expect(journal.commitCount < 400, "\(journal.commitCount) commits for 400 events")
    for number in 0..<200 {
      #expect(try journal.lines(of: "r\(number)").count >= 2, "r\(number)")
    }
  }

  @Test func `the same run is adopted, another of its name refused`() async throws {
    let source = ScriptedSource { _, now in ScriptedSource.number(1, at: now) }
    var limits = AnalysisRunner.Limits()
    limits.runsMax = 1
    let runner = AnalysisRunner(source: source, clock: ManualClock().clock, limits: limits)
    try await runner.start("a", spec: try Specs.threshold())
    try await runner.start("a", spec: try Specs.threshold())
    await #expect(throws: AnalysisRunner.StartError.exists("a")) {
      try await runner.start("a", spec: try Specs.threshold(count: 9))
    }
    await #expect(throws: AnalysisRunner.StartError.tooMany(1)) {
      try await runner.start("b", spec: try Specs.threshold())
    }
    #expect(await runner.remove("a") == false)
    #expect(await runner.terminate("a"))
    #expect(await eventually { await runner.run("a")?.phase == .successful })
    #expect(await runner.remove("a"))
    #expect(await runner.run("a") == nil)
  }

  @Test func `equal queries of one second are asked once`() async throws {
    let clock = ManualClock()
    let source = ScriptedSource { _, now in ScriptedSource.number(1, at: now) }
    let shared = SharedQueries(source)
    let runner = AnalysisRunner(source: shared, clock: clock.clock)
    for number in 0..<50 {
      try await runner.start("r\(number)", spec: try Specs.threshold(count: 1))
    }
    try await runner.start("other", spec: try Specs.threshold(count: 1, query: "p"))
    #expect(
      await eventually { await runner.runs().allSatisfy { $0.phase == .successful } })
    #expect(source.requests.count == 2)
    let count = await shared.count
    #expect(count.all == 51 && count.shared == 49)
  }

  @Test func `a journal that was damaged is told and left alone`() async throws {
    let journal = MemoryJournal()
    try journal.commit([
      .replace(["{\"origin\": 7}", "{}"], of: "a"), .replace(["nonsense"], of: "b"),
    ])
    let trouble = Mutex<[String]>([])
    let runner = AnalysisRunner(
      source: ScriptedSource { _, _ in .failed("") }, journal: journal,
      onTrouble: { text in trouble.withLock { $0.append(text) } })
    try await runner.recover()
    #expect(await runner.runs().isEmpty)
    #expect(
      trouble.withLock { $0 } == [
        "run \"a\" can't be taken up: found an integer, expected an object",
        "run \"b\" can't be taken up: the first line is no origin",
      ])
  }
}
