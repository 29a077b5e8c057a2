internal import Analysis
internal import Manifest
internal import MetricModel
internal import QueryScripts

/// A file of unit tests for analyses, in the style of promtool's for rules: series in, phases and
/// verdicts out.
///
///     template_files: [ml-model-compare.yaml]
///     tests:
///     - name: a canary with more errors is stopped
///       interval: 15s
///       input_series:
///       - {series: 'errors_total{version="canary"}', values: '0+5x240'}
///       analysis_tests:
///       - template: ml-model-compare
///         start: 10m
///         args: {canary-hash: c, stable-hash: s}
///         exp_phase: Failed
///         exp_verdict: fail
///         exp_ended_by: 13m
struct AnalysisTestFile {
  var templateFiles: [String]
  var tests: [AnalysisTest]

  init(_ document: ManifestNode) throws(ManifestError) {
    var object = try document.object(at: "")
    templateFiles = []
    for (node, path) in try object.list("template_files") {
      templateFiles.append(try node.text(at: path))
    }
    tests = []
    for (index, (node, path)) in try object.list("tests").enumerated() {
      tests.append(try AnalysisTest(node, at: path, number: index + 1))
    }
    try object.finish()
  }

  /// Whether a document holds tests.
  static func isOne(_ document: ManifestNode) -> Bool {
    document["tests"] != nil && document["kind"] == nil
  }
}

/// One set of series with the runs that are to be judged on it.
struct AnalysisTest {
  var name: String
  var series: [Series]
  /// Answers for metrics that don't ask Prometheus, by metric; the last repeats.
  var answers: [String: [MeasurementAnswer]]
  var runs: [ExpectedRun]

  init(_ node: ManifestNode, at path: String, number: Int) throws(ManifestError) {
    var object = try node.object(at: path)
    name = try object.optionalText("name") ?? "test \(number)"
    let interval = try object.length("interval") ?? .minutes(1)
    guard interval > .zero else {
      throw ManifestError(
        "expected a length above 0", at: object.node, path: object.path(of: "interval"))
    }
    series = []
    for (node, path) in try object.list("input_series") {
      series.append(try Self.series(try node.object(at: path), every: interval))
    }
    answers = [:]
    for (node, path) in try object.list("input_answers") {
      var input = try node.object(at: path)
      let metric = try input.text("metric")
      for (value, path) in try input.list("values") {
        answers[metric, default: []].append(try Self.answer(value, at: path))
      }
      try input.finish()
    }
    runs = []
    for (node, path) in try object.list("analysis_tests") {
      runs.append(try ExpectedRun(try node.object(at: path)))
    }
    try object.finish()
  }

  private static func series(
    _ object: ManifestObject, every interval: Milliseconds
  ) throws(ManifestError) -> Series {
    var object = object
    let text = "\(try object.text("series")) \(try object.text("values"))"
    try object.finish()
    let notated: NotatedSeries
    do {
      notated = try SeriesNotation.parse(text)
    } catch {
      throw ManifestError("\(error)", at: object.node, path: object.path)
    }
    var samples = SampleColumns()
    for (index, value) in notated.values.enumerated() {
      switch value {
      case .omitted: continue
      case .number(let number):
        let (time, overflow) = interval.count.multipliedReportingOverflow(by: Int64(index))
        guard !overflow else { throw endOfTime(object) }
        samples.append(Timestamp(milliseconds: time), number)
      case .histogram(let histogram, _):
        let (time, overflow) = interval.count.multipliedReportingOverflow(by: Int64(index))
        guard !overflow else { throw endOfTime(object) }
        samples.histograms.append(Timestamp(milliseconds: time), histogram)
      }
    }
    return Series(labels: notated.labels, samples: samples)
  }

  private static func endOfTime(_ object: ManifestObject) -> ManifestError {
    ManifestError("goes past the end of time", at: object.node, path: object.path)
  }

  /// `{error: text}`, `{phase: Failed}` for jobs, or the JSON document of an answer.
  private static func answer(
    _ node: ManifestNode, at path: String
  ) throws(ManifestError) -> MeasurementAnswer {
    if let reason = node["error"]?.asText { return .failed(reason) }
    if let text = node["phase"]?.asText, let phase = AnalysisPhase(rawValue: text) {
      return .concluded(phase, message: node["message"]?.asText ?? "")
    }
    if let text = node["body"]?.asText { return .body(text) }
    return .body(JSONValue(node).spelled)
  }
}

/// A run and what is expected of it; times count from the first sample's place.
struct ExpectedRun {
  /// Nil when there is but one template.
  var template: String?
  var arguments: [Argument] = []
  var start: Timestamp
  var end: Timestamp?
  var terminateAt: Timestamp?
  var phase: AnalysisPhase?
  var verdict: String?
  var message: String?
  var endedAt: Timestamp?
  var endedBy: Timestamp?
  var metrics: [(name: String, expected: ManifestNode)] = []
  var measurements: [ExpectedMeasurement] = []

  init(_ object: ManifestObject) throws(ManifestError) {
    var object = object
    template = try object.optionalText("template")
    for (name, value) in try object.textMap("args").sorted(by: { $0.key < $1.key }) {
      arguments.append(Argument(name, value: value))
    }
    start = try object.time("start") ?? Timestamp(milliseconds: 0)
    end = try object.time("end")
    terminateAt = try object.time("terminate")
    if let text = try object.optionalText("exp_phase") {
      guard let known = AnalysisPhase(rawValue: text) else {
        throw ManifestError(
          "found \"\(text)\", expected one of \(AnalysisPhase.allCases.map(\.rawValue))",
          at: try object.required("exp_phase"), path: object.path(of: "exp_phase"))
      }
      phase = known
    }
    verdict = try object.optionalText("exp_verdict")
    message = try object.optionalText("exp_message")
    endedAt = try object.time("exp_ended_at")
    endedBy = try object.time("exp_ended_by")
    if let metrics = try object.optionalObject("exp_metrics") {
      var metrics = metrics
      for name in metrics.fields {
        self.metrics.append((name, try metrics.required(name)))
      }
    }
    for (node, path) in try object.list("exp_measurements") {
      measurements.append(try ExpectedMeasurement(try node.object(at: path)))
    }
    try object.finish()
  }
}

/// One line of a timeline; what is left out isn't compared.
struct ExpectedMeasurement {
  var metric: String
  var time: Timestamp?
  var phase: String?
  var value: String?
  var finding: String?
  /// What the message must hold.
  var message: String?

  init(_ object: ManifestObject) throws(ManifestError) {
    var object = object
    metric = try object.text("metric")
    time = try object.time("at")
    phase = try object.optionalText("phase")
    value = try object.optionalText("value")
    finding = try object.optionalText("finding")
    message = try object.optionalText("message")
    try object.finish()
  }
}

extension ManifestObject {
  fileprivate mutating func length(_ field: String) throws(ManifestError) -> Milliseconds? {
    guard let text = try optionalText(field) else { return nil }
    guard let length = Milliseconds(parsing: text) else {
      throw ManifestError(
        "found \"\(text)\", expected a length such as 1m30s", at: try required(field),
        path: path(of: field))
    }
    return length
  }

  fileprivate mutating func time(_ field: String) throws(ManifestError) -> Timestamp? {
    try length(field).map { Timestamp(milliseconds: $0.count) }
  }
}
