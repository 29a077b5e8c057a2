import Analysis
import Manifest
import MetricModel
import Testing

@Suite struct RunRecordTests {
  /// A run whose metrics are measured with outcomes drawn at random, by way of `keep`, which may
  /// store the run and take it up again between any two events.
  private static func trace(
    seed: UInt64, _ keep: (AnalysisRun, UInt64) throws -> AnalysisRun
  ) throws -> (trace: [String], run: AnalysisRun) {
    var generator = SplitMix(seed: seed)
    let metrics = (0...Int(generator.next() % 3)).map { index in
      TestTemplates.scripted(
        "name: m\(index), count: \(2 + generator.next() % 6), interval: \(1 + index * 7)s, "
          + "failureLimit: \(generator.next() % 2), inconclusiveLimit: 2, initialDelay: "
          + "\(generator.next() % 9)s")
    }
    let isSafe = generator.next().isMultiple(of: 2)
    var template = try TestTemplates.template(
      metrics: metrics, rest: "args: [{name: key, valueFrom: {secretKeyRef: {name: s, key: k}}}]")
    for index in template.spec.metrics.indices {
      template.spec.metrics[index].compatibility = isSafe ? .safe : .argo
    }
    let sources = ArgumentSources(secrets: [.secret(name: "s", key: "k"): "hunter2"])
    var run = AnalysisRun(name: "walk", spec: template.spec, sources: sources)
    var trace: [String] = []
    var now: Int64 = 1_700_000_000_123
    var waiting: [MeasurementRequest] = []
    var wakeAt: Timestamp?
    var event = AnalysisEvent.started
    for step in 0..<400 where !run.phase.isCompleted {
      run = try keep(run, UInt64(step))
      for effect in run.apply(event, at: Timestamp(milliseconds: now)) {
        trace.append("\(now): \(effect)")
        switch effect {
        case .measure(let request): waiting.append(request)
        case .wake(let time): wakeAt = time
        case .finished: break
        }
      }
      trace.append("\(run.phase) \(run.message) \(run.verdict)")
      if !waiting.isEmpty {
        now += Int64(generator.next() % 900)
        let request = waiting.remove(at: Int(generator.next() % UInt64(waiting.count)))
        let phases = ["Successful", "Failed", "Inconclusive", "Error", "Successful", "Successful"]
        let answer = TestTemplates.answer(
          for: phases[Int(generator.next() % 6)], at: Timestamp(milliseconds: now))
        event = .measured(request.id, answer)
      } else if generator.next() % 40 == 0 {
        event = .terminate
      } else {
        now = max(now + 1, wakeAt?.milliseconds ?? 0)
        event = .woken
      }
    }
    return (trace, run)
  }

  @Test func `a restart between any two events changes nothing`() throws {
    let secrets = [Argument.Origin.secret(name: "s", key: "k"): "hunter2"]
    for seed in 0..<120 {
      let plain = try Self.trace(seed: UInt64(seed)) { run, _ in run }
      let restarted = try Self.trace(seed: UInt64(seed)) { run, step in
        guard (step + UInt64(seed)).isMultiple(of: 3) else { return run }
        let text = run.json.spelled
        #expect(!text.contains("hunter2"))
        let document = try JSONValue(parsing: text).manifestNode
        return try AnalysisRun(restoring: document, secrets: secrets)
      }
      #expect(plain.trace == restarted.trace, "seed \(seed)")
      #expect(plain.run.json == restarted.run.json, "seed \(seed)")
      #expect(plain.run.phase.isCompleted, "seed \(seed)")
    }
  }

  @Test func `a run can't be taken up without its secrets`() throws {
    let template = try TestTemplates.template(
      metrics: [TestTemplates.scripted("name: m")],
      rest: "args: [{name: key, valueFrom: {secretKeyRef: {name: s, key: k}}}]")
    let sources = ArgumentSources(secrets: [.secret(name: "s", key: "k"): "hunter2"])
    let run = AnalysisRun(name: "r", spec: template.spec, sources: sources)
    let error = #expect(throws: ManifestError.self) {
      try AnalysisRun(restoring: run.json.manifestNode)
    }
    #expect(error?.message == "secret \"s\" has no key \"k\" here")
    #expect(try AnalysisRun(restoring: run.json.manifestNode, isForReading: true).name == "r")
  }

  /// A comparison over three looks, its record as text.
  private static func record(errorsEvery: Int) throws -> JSONValue {
    let template = try TestTemplates.template(
      metrics: [
        "{name: errors, interval: 1m, count: 3, provider: {plugin: {assay/compare: {kind: "
          + "proportion, bad: errors_total, total: requests_total, canary: 'v=\"c\"', "
          + "stable: 'v=\"s\"', margin: 0.05, minimumSamples: 20}}}}"
      ])
    let fleet = CountingPods(errorsEvery: errorsEvery)
    var driver = RunDriver(AnalysisRun(name: "compare", spec: template.spec)) { request, now in
      .answered(request.queries.map { .matrix(fleet.samples(for: $0.text, until: now)) })
    }
    driver.drive(
      from: Timestamp(milliseconds: 0), until: Timestamp(milliseconds: 1_000_000))
    #expect(driver.run.phase.isCompleted)
    return driver.record.json
  }

  @Test(arguments: [3, 1000])
  func `a record leads to the same verdict again`(errorsEvery: Int) throws {
    let stored = try JSONValue(parsing: try Self.record(errorsEvery: errorsEvery).spelled)
    let again = try Rejudgement(of: stored.manifestNode)
    #expect(again.differences == [])
    #expect(again.repeated.phase == (errorsEvery == 3 ? .failed : .successful))
    #expect(again.steps.compactMap(\.finished).allSatisfy { $0.comparison != nil })
    // Taken up in the middle, the record goes on as if nothing had happened.
    let restored = try RunRecord(restoring: stored.manifestNode)
    #expect(restored.json == stored)
  }

  @Test func `a record that was tampered with disagrees`() throws {
    var stored = try Self.record(errorsEvery: 3)
    stored[path: "status", "phase"] = .string("Successful")
    let again = try Rejudgement(of: stored.manifestNode)
    #expect(again.differences == ["status.phase: recorded \"Successful\", now \"Failed\""])
  }

  @Test func `samples of a window that grows are stored once`() throws {
    let record = try Self.record(errorsEvery: 1000)
    let events = record[path: "assayRecord", "events"]?.asArray ?? []
    let lengths = events.compactMap { $0[path: "values", 1, "matrix", 0, "t"]?.asArray?.count }
    #expect(lengths.count == 3)
    #expect(lengths.dropFirst().allSatisfy { $0 == 4 }, "\(lengths)")
  }
}

/// Two versions of one pod each, scraped every 15 s.
struct CountingPods {
  var errorsEvery: Int

  func samples(for query: String, until now: Timestamp) -> [Series] {
    let isCanary = query.contains("v=\"c\"")
    let isErrors = query.hasPrefix("errors_total")
    var samples = SampleColumns()
    for time in stride(from: Int64(0), through: now.milliseconds, by: 15_000) {
      let requests = Double(time / 15_000 * 100)
      let errors = isCanary ? (requests / Double(errorsEvery)).rounded(.down) : 0
      samples.append(Timestamp(milliseconds: time), isErrors ? errors : requests)
    }
    let version = isCanary ? "c" : "s"
    return [
      Series(
        labels: Labels([
          ("__name__", isErrors ? "errors_total" : "requests_total"), ("pod", version),
          ("v", version),
        ]), samples: samples)
    ]
  }
}
