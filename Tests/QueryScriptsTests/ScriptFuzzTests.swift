import MetricModel
import PromQL
import QueryScripts
import Testing

@Suite struct ScriptFuzzTests {
  /// Refuses every query, so that only reading and loading are tried.
  private struct Refusal: ScriptEvaluator {
    func answer(
      _ query: String, at times: ScriptEvaluation.Times, from series: InMemorySeries
    ) throws(EvaluationFailure) -> QueryAnswer {
      throw EvaluationFailure("refused")
    }
  }

  private static let script = """
    # comment
    load 1m
      x{a="1"} 0+10x5 _ stale 1e3 -1-2x3
      {"b.c", d='e'}@st -30sx2
      {"b.c", d='e'} {{schema:0 count:1}}x2 Inf

    load_with_nhcb 30s
      h_bucket{le="+Inf"} 1 2

    eval range from 0 to 5m step 1m sum(x)
      expect warn regex: a.*b
      expect no_info
      {} 1 2 _

    eval instant at 1m "a"
      expect string `a`

    eval_ordered instant at 0 x[5m]
      expect range vector from 0 to 1m step 30s
      x{a="1"} 1

    eval instant at 0 1
      -1.5

    clear
    """

  private static let pieces = [
    "{", "}", "{{", "}}", "x", "_", "@st", "+", "-", "\"", "`", "\\", "\n", "\n\n", "eval ",
    "load ",
    "expect ", "999999999999999999999", "1e999", "NaN", "step", "at", "0", "regex: (", "\u{0}",
    "é",
  ]

  @Test(arguments: UInt64(1)...4) func `no text breaks the reader of scripts`(seed: UInt64) {
    var state = seed
    func random(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
    let runner = ScriptRunner(evaluator: Refusal())
    for _ in 0..<500 {
      var bytes = Array(Self.script.utf8)
      for _ in 0...random(6) {
        let place = random(bytes.count + 1)
        switch random(3) {
        case 0: bytes.insert(contentsOf: Self.pieces[random(Self.pieces.count)].utf8, at: place)
        case 1: bytes.removeSubrange(place..<min(bytes.count, place + random(12)))
        default: bytes.insert(UInt8(random(256)), at: place)
        }
      }
      let report = runner.run(ScriptParser.parse(String(decoding: bytes, as: UTF8.self)))
      #expect(report.entries.count == report.passedCount + report.failures.count)
      #expect(report.text.hasSuffix("failed\n"))
    }
  }
}
