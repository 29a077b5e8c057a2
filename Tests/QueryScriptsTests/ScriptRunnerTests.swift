import MetricModel
import PromQL
import QueryScripts
import Testing

@Suite struct ScriptRunnerTests {
  private func report(
    _ text: String, _ evaluator: any ScriptEvaluator = PlainEvaluator()
  ) -> ScriptReport {
    ScriptRunner(evaluator: evaluator).run(ScriptParser.parse(text))
  }

  @Test func `a script of all kinds of evaluations passes`() {
    let report = report(
      """
      # Comments end blocks, # but only at the start of a line.
      load 1m
        x{a="1"} 0+10x10
        x{a="2"} 1 _ _ stale

      Eval instant at 5m x
        {__name__="x", a="1"} 50

      eval instant at 2m x
        expect no_warn
        expect no_info
        x{a="1"} 20
        x{a="2"} 1

      eval range from 0 to 4m step 2m x
        x{a="1"} 0 20 40
        x{a="2"} 1 1

      eval instant at 0 3.5
        3.5

      eval range from 0 to 1m step 30s 7
        {} 7 7 7

      eval instant at 0 "a # b"
        expect string "a # b"

      eval instant at 9m x[3m]
        expect range vector from 7m to 9m step 1m
        x{a="1"} 70 80 90

      eval instant at 1m nosuch

      eval instant at 1m sum(x)
        expect fail msg: cannot evaluate more than selectors

      eval_fail instant at 1m sum(x)

      eval_fail instant at 1m sum(x)
        expected_fail_regexp ^cannot .* more

      clear

      eval instant at 1m x
      """)
    #expect(report.summary == "12 passed, 0 failed", "\(report.text)")
  }

  @Test(arguments: [
    ("x\n y 1", "y is missing"), ("x\n x 2", "x has another value"), ("x\n", "x was not expected"),
    ("x\n x 1\n y 1", "y is missing"), ("x\n 1", "a result of another type"),
    ("1\n 2", "another number"), ("\"a\"\n expect string \"b\"", "another string"),
    ("sum(x)\n {} 1", "the query fails"), ("x\n expect fail", "the query should fail"),
    ("sum(x)\n expect fail msg: no", "another error"),
    ("x[1m]\n x 1", "a range vector, where an instant vector was expected"),
    ("x\n expect warn\n x 1", "no warning where one is expected"),
    ("x\n expect no_info\n x 1", "a info where none is expected"),
    ("x\n expect info msg: other\n x 1", "another info"),
    ("x\n x 1 2", "expected one value"),
  ])
  func `differences are named`(evaluation: String, reason: String) throws {
    let evaluator = PlainEvaluator(annotations: [Annotation(.info, "remark")])
    let report = report("load 1m\n x 1\n\neval instant at 0 \(evaluation)", evaluator)
    #expect(report.passedCount == 0)
    #expect(report.text.contains(reason), "\(report.text)")
  }

  @Test func `order counts where it is said to count`() {
    let text = """
      load 1m
        x{a="1"} 1
        x{a="2"} 2

      eval instant at 0 x
        expect ordered
        x{a="2"} 2
        x{a="1"} 1

      """
    #expect(report(text).text.contains(#"x{a="2"} is at place 2, not 1"#))
  }

  @Test func `annotations are matched both ways`() {
    let annotations = [Annotation(.warning, "first (1:1)"), Annotation(.warning, "second (1:2)")]
    let evaluator = PlainEvaluator(annotations: annotations)
    func run(_ lines: String) -> String {
      report("eval instant at 0 1\n\(lines)\n1", evaluator).summary
    }
    #expect(run("expect warn") == "1 passed, 0 failed")
    #expect(run("expect warn msg: first (1:1)\nexpect warn regex: ^sec") == "1 passed, 0 failed")
    #expect(run("expect warn msg: first (1:1)") == "0 passed, 1 failed")
    #expect(run("expect no_warn") == "0 passed, 1 failed")
    #expect(run("expect no_info") == "1 passed, 0 failed")
    #expect(run("expect info") == "0 passed, 1 failed")
  }

  @Test func `copies pinned to the time find an engine that ignores pins`() {
    let text = "load 1m\n x 0+1x10\n\neval instant at 5m x\n x 5"
    #expect(report(text).summary == "1 passed, 0 failed")
    let broken = report(text, PlainEvaluator(ignoresPins: true))
    #expect(broken.text.contains("as x @ 300.000 at"))
  }

  @Test func `copies as steps find an engine whose steps are wrong`() {
    let text = "load 1m\n x 0+1x10\n\neval instant at 5m x\n x 5"
    let broken = report(text, PlainEvaluator(shiftsRanges: true))
    #expect(broken.text.contains("as a step of a range query: x has another value"))
  }

  @Test func `a broken statement costs one evaluation, not the file`() {
    let report = report(
      """
      frobnicate
      eval sometimes 1

      eval instant at 1.5m 1
        1

      eval instant at 0 1 +
        1

      eval instant at 0 1
        expect nonsense
        1

      eval instant at 0 1
        1
      """)
    #expect(report.summary == "1 passed, 5 failed")
    #expect(report.failures.map(\.line) == [1, 2, 4, 7, 10])
    #expect(
      report.text.contains("line 7: 1 +: 1:4: parse error: unexpected end of input"))
  }

  @Test func `nothing passes on data that could not be loaded`() {
    let report = report(
      """
      load 1m
        x 1 two 3

      eval instant at 0 1
        1

      clear

      eval instant at 0 1
        1
      """)
    #expect(report.summary == "1 passed, 1 failed")
    #expect(report.text.contains("the load at line 1 is broken: line 2: unexpected \"two\""))
  }

  @Test(arguments: [
    ("h", "h {{schema:0 count:1 buckets:[1]}}", true),
    ("h", "h {{schema:0 count:1 buckets:[1 0 0]}}", true),
    ("h", "h {{schema:0 count:1 buckets:[1] counter_reset_hint:unknown}}", true),
    ("h", "h {{schema:0 count:1 buckets:[1] counter_reset_hint:gauge}}", false),
    ("h", "h {{schema:1 count:1 buckets:[1]}}", false),
    ("h", "h {{schema:0 count:1 buckets:[2]}}", false),
    ("h", "h {{schema:0 count:1 offset:1 buckets:[1]}}", false),
    ("h", "h {{schema:0 count:1 buckets:[1] z_bucket:1}}", false),
    ("h", "h {{schema:0 count:1 buckets:[1] z_bucket_w:1}}", false),
    ("h", "h {{schema:0 count:1 sum:1 buckets:[1]}}", false),
    ("h", "h 1", false), ("x", "x {{}}", false), ("x", "x 1", true),
    ("c", "c {{schema:-53 count:3 sum:4 custom_values:[1] buckets:[1 2]}}", true),
    ("c", "c {{schema:-53 count:3 sum:4 custom_values:[2] buckets:[1 2]}}", false),
  ])
  func `histograms are compared bucket by bucket`(query: String, answer: String, passes: Bool) {
    let report = report(
      """
      load 1m
        h {{schema:0 count:1 buckets:[1]}}
        x 1

      load_with_nhcb 1m
        c_bucket{le="1"} 1
        c_bucket{le="+Inf"} 3
        c_sum 4

      eval instant at 0 \(query)
        \(answer)
      """, EngineEvaluator())
    #expect(report.passedCount == (passes ? 1 : 0))
  }

  @Test func `a store knows no reset within what it keeps together`() {
    let report = report(
      """
      load 1m
        h {{count:1}}+{{count:1}}x1 {{count:1}} 5 {{count:6}} {{count:7 counter_reset_hint:reset}}

      eval range from 0 to 5m step 1m h
        h {{count:1 counter_reset_hint:unknown}} {{count:2 counter_reset_hint:not_reset}} \
      {{count:1 counter_reset_hint:unknown}} 5 {{count:6 counter_reset_hint:unknown}} \
      {{count:7 counter_reset_hint:unknown}}
      """, EngineEvaluator())
    #expect(report.summary == "1 passed, 0 failed")
  }

  @Test(arguments: [
    (1.0, 1.0000001, true), (1, 1.00001, false), (0, 1e-300, false), (0, -0.0, true),
    (.nan, .nan, true), (.nan, 1, false), (.infinity, .infinity, true), (.infinity, 1, false),
    (StaleMarker.value, .nan, false), (1e308, 1.0000001e308, true),
  ])
  func `numbers are compared relative to their size`(a: Double, b: Double, close: Bool) {
    struct Constant: ScriptEvaluator {
      let value: Double
      func answer(
        _ query: String, at times: ScriptEvaluation.Times, from series: InMemorySeries
      ) throws(EvaluationFailure) -> QueryAnswer {
        let sample = VectorSample(
          labels: .empty, time: Timestamp(milliseconds: 0), value: value)
        return QueryAnswer(value: .vector([sample]))
      }
    }
    let evaluation = ScriptEvaluation(
      times: .instant(Timestamp(milliseconds: 0)), query: "x",
      expectation: ExpectedAnswer(
        value: .series([NotatedSeries(labels: .empty, values: [.number(b)])]), isOrdered: true))
    let script = Script(statements: [ScriptStatement(line: 1, command: .evaluate(evaluation))])
    let report = ScriptRunner(evaluator: Constant(value: a)).run(script)
    #expect(report.passedCount == (close ? 1 : 0))
  }
}
