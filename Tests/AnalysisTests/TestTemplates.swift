import Analysis
import Manifest
import MetricModel
import YAMLReader

/// Short ways to templates and runs.
enum TestTemplates {
  static func template(_ yaml: String) throws -> AnalysisTemplate {
    try AnalysisTemplate(try YAMLReader.documents(in: yaml)[0])
  }

  /// A template of the given metrics, each a YAML flow mapping.
  static func template(metrics: [String], rest: String = "") throws -> AnalysisTemplate {
    let list = metrics.map { "  - \($0)\n" }.joined()
    return try template(
      """
      apiVersion: argoproj.io/v1alpha1
      kind: AnalysisTemplate
      metadata: {name: sample}
      spec:
      \(rest.isEmpty ? "" : "  \(rest)\n")  metrics:
      \(list)
      """)
  }

  /// Success for 1, failure for -1, inconclusive for 0.
  static func scripted(_ fields: String) -> String {
    "{\(fields), successCondition: 'result > 0', failureCondition: 'result < 0', "
      + "provider: {prometheus: {query: q}}}"
  }

  static func answer(for phase: String, at now: Timestamp) -> MeasurementAnswer {
    switch phase {
    case "Successful": .answered([.scalar(ScalarPoint(time: now, value: 1))])
    case "Failed": .answered([.scalar(ScalarPoint(time: now, value: -1))])
    case "Inconclusive": .answered([.scalar(ScalarPoint(time: now, value: 0))])
    default: .failed("")
    }
  }
}

/// A run in virtual time, its measurements answered at once by `answer`.
struct RunDriver {
  /// What was seen after a pass in which the run was judged.
  struct Pass: Equatable {
    var seconds: Int
    var measured: [String]
    var phases: [String: String]
    var runPhase: String
  }

  var run: AnalysisRun
  var passes: [Pass] = []
  var measured: [MeasurementRequest] = []
  let answer: (MeasurementRequest, Timestamp) -> MeasurementAnswer

  init(
    _ run: AnalysisRun, answer: @escaping (MeasurementRequest, Timestamp) -> MeasurementAnswer
  ) {
    self.run = run
    self.answer = answer
  }

  /// Runs until the end, or until `limit`.
  mutating func drive(terminateAt: Timestamp? = nil, limit: Timestamp) {
    var wake = deliver(.started, at: Timestamp(milliseconds: 0))
    while let time = wake, time <= limit {
      if let stop = terminateAt, stop <= time, !run.isTerminated {
        wake = deliver(.terminate, at: stop)
      } else {
        wake = deliver(.woken, at: time)
      }
    }
  }

  /// Applies an event and answers all measurements; gives the next time to wake.
  mutating func deliver(_ event: AnalysisEvent, at now: Timestamp) -> Timestamp? {
    var effects = run.apply(event, at: now)
    var names: [String] = []
    var wake: Timestamp?
    while !effects.isEmpty {
      var next: [AnalysisEffect] = []
      for effect in effects {
        switch effect {
        case .measure(let request):
          names.append(request.metric)
          measured.append(request)
          next += run.apply(.measured(request.id, answer(request, now)), at: now)
        case .wake(let time): wake = time
        case .finished: wake = nil
        }
      }
      effects = next
    }
    passes.append(
      Pass(
        seconds: Int(now.milliseconds / 1000), measured: names,
        phases: Dictionary(
          uniqueKeysWithValues: run.results.map { ($0.name, $0.phase.rawValue) }),
        runPhase: run.phase.rawValue))
    return wake
  }
}
