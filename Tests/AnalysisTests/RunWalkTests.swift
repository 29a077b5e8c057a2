import Analysis
import MetricModel
import Testing

@Suite struct RunWalkTests {
  /// Metrics with limits drawn at random, all valid.
  private static func metrics(_ generator: inout SplitMix) -> [String] {
    (0...Int(generator.next() % 3)).map { index in
      let failureLimit = Int(generator.next() % 3)
      let successLimit = Int(generator.next() % 3)
      let count = 1 + failureLimit + successLimit + Int(generator.next() % 4)
      var fields = "name: m\(index), count: \(count), interval: \(1 + generator.next() % 50)s"
      fields += ", failureLimit: \(failureLimit), inconclusiveLimit: \(generator.next() % 2)"
      fields += ", consecutiveErrorLimit: \(generator.next() % 4)"
      if successLimit > 0 { fields += ", consecutiveSuccessLimit: \(successLimit)" }
      if generator.next() % 3 == 0 { fields += ", initialDelay: \(generator.next() % 90)s" }
      return TestTemplates.scripted(fields)
    }
  }

  @Test func `random walks end, never measure afterwards, and their counters add up`() throws {
    let seed: UInt64 = 7
    var generator = SplitMix(seed: seed)
    for walk in 0..<300 {
      let template = try TestTemplates.template(
        metrics: Self.metrics(&generator),
        rest: generator.next() % 4 == 0 ? "dryRun: [{metricName: m0}]" : "")
      var run = AnalysisRun(name: "walk", spec: template.spec)
      var waiting: [MeasurementRequest] = []
      var now: Int64 = 0
      var wakeAt: Timestamp?
      var finished = 0
      var effects = run.apply(.started, at: Timestamp(milliseconds: 0))
      for _ in 0..<4000 where finished == 0 || !waiting.isEmpty {
        for effect in effects {
          switch effect {
          case .measure(let request):
            #expect(finished == 0, "walk \(walk), seed \(seed)")
            #expect(!waiting.contains { $0.metric == request.metric })
            waiting.append(request)
          case .wake(let time): wakeAt = time
          case .finished(let phase):
            finished += 1
            #expect(phase == run.phase && phase.isCompleted)
          }
        }
        Self.checkCounters(run, "walk \(walk), seed \(seed)")
        let time = Timestamp(milliseconds: now)
        if !waiting.isEmpty, generator.next() % 4 > 0 {
          now += Int64(generator.next() % 3000)
          let request = waiting.remove(at: Int(generator.next() % UInt64(waiting.count)))
          let phases = ["Successful", "Failed", "Inconclusive", "Error", "Successful"]
          let answer = TestTemplates.answer(for: phases[Int(generator.next() % 5)], at: time)
          effects = run.apply(.measured(request.id, answer), at: time)
          // The same answer again changes nothing.
          let before = run
          #expect(run.apply(.measured(request.id, answer), at: time).isEmpty)
          #expect(run == before)
        } else if generator.next() % 60 == 0 {
          effects = run.apply(.terminate, at: time)
        } else {
          if waiting.isEmpty, let wakeAt { now = max(now, wakeAt.milliseconds) }
          effects = run.apply(.woken, at: Timestamp(milliseconds: now))
        }
      }
      #expect(run.phase.isCompleted && finished == 1, "walk \(walk), seed \(seed): \(run.phase)")
      #expect(run.apply(.woken, at: .latest).isEmpty)
      #expect(run.apply(.terminate, at: .latest).isEmpty)
    }
  }

  private static func checkCounters(_ run: AnalysisRun, _ name: Comment) {
    for result in run.results {
      #expect(
        result.count == result.successful + result.failed + result.inconclusive, name)
      #expect(result.consecutiveSuccess <= result.successful, name)
      #expect(result.consecutiveError <= result.error, name)
      let finished = result.measurements.count { $0.finishedAt != nil }
      #expect(finished <= 10, name)
      let isWaiting = result.measurements.last.map { $0.finishedAt == nil } ?? false
      #expect(Int64(result.taken) == result.count + result.error + (isWaiting ? 1 : 0), name)
      if let plan = run.plans.first(where: { $0.name == result.name }) {
        #expect(result.count <= plan.spec.effectiveCount ?? .max, name)
      }
    }
  }

  @Test func `the outcome doesn't depend on the order of answers`() throws {
    let metrics = ["a", "b", "c"].map {
      TestTemplates.scripted("name: \($0), count: 2, interval: 10s, failureLimit: 1")
    }
    let template = try TestTemplates.template(metrics: metrics)
    let now = Timestamp(milliseconds: 0)
    var outcomes: [AnalysisRun] = []
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
      var run = AnalysisRun(name: "order", spec: template.spec)
      let requests = run.apply(.started, at: now).compactMap { effect -> MeasurementRequest? in
        if case .measure(let request) = effect { request } else { nil }
      }
      for index in order {
        let phase = index == 1 ? "Failed" : "Successful"
        _ = run.apply(
          .measured(requests[index].id, TestTemplates.answer(for: phase, at: now)), at: now)
      }
      outcomes.append(run)
    }
    #expect(outcomes[0] == outcomes[1] && outcomes[1] == outcomes[2])
  }
}
