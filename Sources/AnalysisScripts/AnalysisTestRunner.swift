internal import Analysis
internal import AnalysisQueries
package import Manifest
internal import MetricModel

/// Runs test files: our own, and JSON of reference answers, told apart by their fields.
///
///     let runner = TestRunner { path in try documents(of: path) }
///     let entries = runner.entries(of: documents, file: "compare.test.yaml")
package struct TestRunner {
  /// Gives the documents of a template file; its path is as the test file writes it.
  package typealias Reading = (_ path: String) throws(ManifestError) -> [ManifestNode]

  private let read: Reading

  package init(read: @escaping Reading) {
    self.read = read
  }

  /// One entry for each test of a file's documents; a file that can't be read is one failed test.
  package func entries(of documents: [ManifestNode], file: String) -> [TestReport.Entry] {
    var templates: [AnalysisTemplate] = []
    var entries: [TestReport.Entry] = []
    do throws(ManifestError) {
      for document in documents where AnalysisTemplate.isAnalysis(document) {
        templates.append(try AnalysisTemplate(document))
      }
      for document in documents where !AnalysisTemplate.isAnalysis(document) {
        entries += try self.entries(of: document, templates, file: file)
      }
      guard !entries.isEmpty else {
        throw ManifestError(
          line: 0, column: 0, path: "",
          message: "holds no tests: expected \"tests\" with \"analysis_tests\", or the fields "
            + "\"vectors\", \"cases\" or \"classifier\" of reference answers")
      }
    } catch {
      entries.append(
        TestReport.Entry(file: file, name: "the file is readable", problems: ["\(error)"]))
    }
    return entries
  }

  private func entries(
    of document: ManifestNode, _ templates: [AnalysisTemplate], file: String
  ) throws(ManifestError) -> [TestReport.Entry] {
    if let vectors = document["vectors"]?.asList {
      return ReferenceTimelines.entries(vectors, file: file)
    }
    if let cases = document["cases"]?.asList {
      return ReferenceConditions.entries(cases, file: file)
    }
    if document["classifier"] != nil || document["mannWhitney"] != nil {
      return ReferenceJudgements.entries(document, file: file)
    }
    guard AnalysisTestFile.isOne(document) else { return [] }
    let tests = try AnalysisTestFile(document)
    var known = templates
    for path in tests.templateFiles {
      for document in try read(path) where AnalysisTemplate.isAnalysis(document) {
        known.append(try AnalysisTemplate(document))
      }
    }
    return tests.tests.flatMap { test in
      test.runs.enumerated().map { index, run in
        let number = test.runs.count > 1 ? " (\(index + 1))" : ""
        return TestReport.Entry(
          file: file, name: test.name + number, problems: problems(of: run, in: test, known))
      }
    }
  }

  private func problems(
    of expected: ExpectedRun, in test: AnalysisTest, _ templates: [AnalysisTemplate]
  ) -> [String] {
    let named = templates.filter { expected.template == nil || $0.name == expected.template }
    guard let template = named.first, expected.template != nil || templates.count == 1 else {
      let names = templates.map(\.name).joined(separator: ", ")
      return ["template: found \(names.isEmpty ? "none" : names), expected one by its name"]
    }
    let errors = TemplateValidation.findings(in: template).filter(\.isError)
    guard errors.isEmpty else { return errors.map(\.description) }
    let spec: AnalysisSpec
    do {
      spec = try AnalysisSpec.merging(
        [template], arguments: expected.arguments,
        find: { reference in
          templates.first {
            $0.name == reference.name
              && ($0.kind == .clusterTemplate) == reference.isClusterScoped
          }
        })
    } catch {
      return [error.description]
    }
    var answering = Answering(test)
    var driver = RunDriver(AnalysisRun(name: template.name, spec: spec)) { request, now in
      answering.answer(request, at: now)
    }
    let last = test.series.compactMap(\.samples.timestamps.last).max() ?? 0
    driver.drive(
      from: expected.start, until: expected.end ?? Timestamp(milliseconds: last),
      terminateAt: expected.terminateAt)
    return RunComparison(driver.run, measurements: driver.measurements, expected)
      .problems
  }
}

/// Answers the measurements of a test from its series and scripted answers.
private struct Answering {
  private let source: InMemorySeries
  private let scripted: [String: [MeasurementAnswer]]
  private var taken: [String: Int] = [:]

  init(_ test: AnalysisTest) {
    source = InMemorySeries(test.series)
    scripted = test.answers
  }

  mutating func answer(_ request: MeasurementRequest, at now: Timestamp) -> MeasurementAnswer {
    if let answers = scripted[request.metric], let last = answers.last {
      let index = taken[request.metric, default: 0]
      taken[request.metric] = index + 1
      return index < answers.count ? answers[index] : last
    }
    guard case .queries(let queries) = request.question else {
      return .failed("the test has no input_answers for the metric \(request.metric)")
    }
    return SeriesQueries(source).answer(queries)
  }
}
