import PromQL
import Testing

/// Small and seeded, so that a failing text can be made again.
private struct TestGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}

@Suite struct SyntaxFuzzTests {
  private static let seeds = [
    "sum by (job, `a.b`) (rate(http_requests_total{code=~\"5..\",job!=\"x\"}[5m] offset 1m @ 10))",
    "histogram_quantile(0.9, sum by (le) (rate(x_bucket[5m]))) > bool 1.5e3",
    "a / on (x, y) group_left (z) b or c unless ignoring (d) {\"e.f\", g!~\"h\"}",
    "max_over_time(deriv(x[300:1m] @ start())[1h:] offset -5m) ^ -2 atan2 0x1F % 1_000",
    "label_replace(up, \"a\", '$1', \"b\", `(.*)`) and topk(3, x) == -Inf # end",
    "rate(x[max_of(step() * 4, 1m) + 2 ^ -1:range() % 7s] offset -step())",
    "increase(x[5m] anchored @ 7 offset 1m) - on (a) fill_right (-0x1) y smoothed",
    "count_values without (\"v\") (\"l\\x41\\n\", x) + time() - NaN",
  ]
  private static let pieces = [
    "(", ")", "[", "]", "{", "}", ",", ":", "@", "offset", "by", "sum", "bool", "on", "5m", "1e",
    "0x", "\"", "'", "`", "\\", "#", "\n", "-", "+", "^", "=~", "!=", "=", "!", "==", "and",
    "group_left", "fill(1)", "smoothed", "step()", "min_of(", "x", "rate", "start()",
    "é", "\u{0}", "\u{1F600}", "99999999999999999999y",
    "1e999", "Inf", "NaN", "_", ".", "9223372036854775807",
  ]

  private func mutated(_ text: String, _ generator: inout TestGenerator) -> String {
    var bytes = Array(text.utf8)
    for _ in 0...Int.random(in: 0..<4, using: &generator) {
      let place = Int.random(in: 0...bytes.count, using: &generator)
      let stretch = Int.random(in: 0...min(6, bytes.count - place), using: &generator)
      switch Int.random(in: 0..<5, using: &generator) {
      case 0: bytes.removeSubrange(place..<(place + stretch))
      case 1:
        let piece = Self.pieces.randomElement(using: &generator) ?? ""
        bytes.insert(contentsOf: piece.utf8, at: place)
      case 2:
        bytes.insert(UInt8.random(in: 0...255, using: &generator), at: place)
      case 3:
        let donor = Array((Self.seeds.randomElement(using: &generator) ?? "").utf8)
        let from = Int.random(in: 0...donor.count, using: &generator)
        bytes.insert(contentsOf: donor[from...].prefix(20), at: place)
      default: bytes = Array(bytes.prefix(place))
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The printed forms are compared, not the trees, since NaN is unequal to itself.
  @Test(arguments: 1...8) func `no text breaks the parser, and what parses prints and parses`(
    seed: UInt64
  ) {
    var generator = TestGenerator(state: seed)
    var accepted = 0
    for _ in 0..<1000 {
      let seed = Self.seeds.randomElement(using: &generator) ?? ""
      let text = mutated(seed, &generator)
      guard let expression = try? Parser.parse(text) else { continue }
      accepted += 1
      let type = try? TypeCheck.type(of: expression, in: text)
      let printed = Printer.text(of: expression)
      do {
        let again = try Parser.parse(printed)
        #expect(Printer.text(of: again) == printed, "from \(text)")
        #expect((try? TypeCheck.type(of: again, in: printed)) == type, "from \(text)")
      } catch {
        Issue.record("\(text) prints as \(printed), which doesn't parse: \(error)")
      }
    }
    #expect(accepted > 50)
  }
}
