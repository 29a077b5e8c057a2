import Analysis
import Backtesting
import Foundation
import Manifest
import MetricModel
import Testing
import YAMLReader

@Suite struct BacktestTests {
  private static let yaml = """
    apiVersion: argoproj.io/v1alpha1
    kind: AnalysisTemplate
    metadata: {name: t}
    spec:
      metrics:
      - name: m
        interval: 1m
        count: 3
        failureLimit: 0
        successCondition: result <= 10
        provider: {prometheus: {query: q}}
    """

  /// The value at minute n of the recording is n.
  private static func answer(_ request: MeasurementRequest) -> MeasurementAnswer {
    guard case .instant(let time)? = request.queries.first?.evaluation else { return .failed("") }
    return .answered([
      .scalar(ScalarPoint(time: time, value: Double(time.milliseconds) / 60_000))
    ])
  }

  private static func minute(_ count: Int64) -> Timestamp {
    Timestamp(milliseconds: count * 60_000)
  }

  private static let deploys = [
    Deploy(name: "good", start: minute(0), end: minute(20), isBad: false),
    Deploy(name: "alarm", start: minute(9), end: minute(20), isBad: false),
    Deploy(name: "bad", start: minute(10), end: minute(20), isBad: true, badSince: minute(10)),
    Deploy(name: "missed", start: minute(2), end: minute(20), isBad: true),
    Deploy(name: "short", start: minute(1), end: minute(2)),
  ]

  @Test func `decisions are held against the truth`() throws {
    let template = try AnalysisTemplate(YAMLReader.documents(in: Self.yaml)[0])
    let backtest = Backtest(templates: [template], answer: Self.answer)
    let summary = BacktestSummary(try backtest.outcomes(of: Self.deploys))
    #expect(
      summary.outcomes.map(\.decision) == [.pass, .stop, .stop, .pass, .undecided])
    #expect(summary.falseAlarms == 1 && summary.misses == 1)
    #expect(summary.medianTimeToDetection == .minutes(1))
    #expect(
      summary.sentence == "5 deploys (2 good, 2 bad): 1 false alarms of 2, 1 missed of 2, "
        + "1 undecided; detected after 1m (median)")
    #expect(
      summary.table[2]
        == "alarm   good     stop (false alarm)  2m     -        "
        + "m: failed (1) > failureLimit (0), last 11")
    #expect(summary.json["misses"] == .integer(1))
  }

  @Test func `a sweep changes one field and tells what came of each value`() throws {
    let document = try YAMLReader.documents(in: Self.yaml)[0]
    let sweep = try #require(Sweep("m.failureLimit=0,1,2"))
    var rows: [(value: String, summary: BacktestSummary)] = []
    for value in sweep.values {
      let backtest = Backtest(
        templates: [try sweep.applied(value, to: document)], answer: Self.answer)
      rows.append((value, BacktestSummary(try backtest.outcomes(of: Self.deploys))))
    }
    #expect(rows.map(\.summary.falseAlarms) == [1, 0, 0])
    #expect(rows.map(\.summary.misses) == [1, 1, 2])
    let lines = SweepSummary(sweep: sweep, rows: rows).lines
    #expect(lines.count == 4)
    #expect(lines[1].hasPrefix("0             1/2           ████████░░░░░░░░  1/2"))
    #expect(throws: ManifestError.self) {
      try #require(Sweep("m.margin=1")).applied("1", to: document)
    }
    #expect(Sweep("nonsense") == nil && Sweep("a.b=") == nil)
  }

  @Test func `windows tile a span and know what was bad`() {
    let span = TimeRange(after: Self.minute(0), through: Self.minute(10))
    let windows = Deploy.windows(
      in: span, every: .minutes(2), length: .minutes(3),
      bad: TimeRange(after: Self.minute(6), through: Self.minute(8)))
    #expect(windows.map(\.start) == [0, 2, 4, 6].map(Self.minute))
    #expect(windows.map(\.isBad) == [false, false, true, true])
    #expect(windows[2].badSince == Self.minute(6))
    #expect(Deploy.windows(in: span, every: .zero, length: .minutes(1)).isEmpty)
  }

  @Test func `time to see a ratio and the smallest ratio seen are each other's inverse`() throws {
    let plan = DetectionPlan(share: 0.004, requestsPerSecond: 100, errorBudget: 0.05)
    for ratio in [1.2, 2.0, 7.0] {
      let time = try #require(plan.time(toSee: ratio, weight: 10))
      let seen = plan.smallestRatio(for: DetectionPlan.Step(weight: 10, length: time))
      #expect(abs(seen - ratio) < 0.02 * ratio)
    }
    #expect(plan.time(toSee: 1, weight: 10) == nil)
    let idle = DetectionPlan(share: 0.004, requestsPerSecond: 0, errorBudget: 0.05)
    let step = DetectionPlan.Step(weight: 10, length: .minutes(5))
    #expect(idle.smallestRatio(for: step) == .infinity)
    #expect(idle.warning(for: step) == "can detect nothing: no traffic or no weight")
    let rare = DetectionPlan(share: 1e-5, requestsPerSecond: 10, errorBudget: 0.0125)
    #expect(rare.warning(for: step)?.hasPrefix("can hardly detect anything") == true)
    #expect(plan.warning(for: DetectionPlan.Step(weight: 50, length: .hours(1))) == nil)
    #expect(plan.lines(for: [step]).count == 2)
  }

  @Test func `a sweep is drawn with a point for each value that has one`() throws {
    let template = try YAMLReader.documents(in: Self.yaml)[0]
    let sweep = try #require(Sweep("m.failureLimit=0,1,2"))
    var rows: [(value: String, summary: BacktestSummary)] = []
    for value in sweep.values {
      let backtest = Backtest(
        templates: [try sweep.applied(value, to: template)], answer: Self.answer)
      rows.append((value, BacktestSummary(try backtest.outcomes(of: Self.deploys))))
    }
    let svg = SweepPlot(SweepSummary(sweep: sweep, rows: rows)).svg
    #expect(svg.contains("m.failureLimit"))
    #expect(svg.components(separatedBy: "<circle").count - 1 == 4 + 3 * 3 + 2)
    #expect(svg.contains("1 of 2 bad deploys") && svg.hasSuffix("</svg>\n"))
  }

  @Test func `recorded traffic is told by its median, its quiet tenth and its bad share`() throws {
    func matrix(_ values: [Double]) -> QueryValue {
      var samples = SampleColumns()
      for (index, value) in values.enumerated() {
        samples.append(Timestamp(milliseconds: Int64(index) * 1000), value)
      }
      return .matrix([Series(labels: .empty, samples: samples)])
    }
    let rates = (1...20).map(Double.init)
    let traffic = try #require(
      RecordedTraffic(requests: matrix(rates), bad: matrix(rates.map { $0 / 100 })))
    #expect(traffic.usual == 11 && traffic.quiet == 3)
    #expect(abs((traffic.badShare ?? 0) - 0.01) < 1e-12)
    #expect(RecordedTraffic(requests: matrix([.nan])) == nil)
    #expect(RecordedTraffic(requests: .vector([])) == nil)
  }
}
