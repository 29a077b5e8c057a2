import Foundation
import MetricModel
import PromQL
import Testing

/// Random queries over troublesome series, asked of this engine and of the real Prometheus.
///
/// `make test` asks some hundred, `make study` a hundred thousand (`ASSAY_FUZZ_CASES`), from
/// another seed with `ASSAY_FUZZ_SEED`. A difference is shrunk and printed as a test script.
struct DifferentialTests {
  private static let environment = ProcessInfo.processInfo.environment
  private static let cases = environment["ASSAY_FUZZ_CASES"].flatMap { Int($0) } ?? 600
  private static let seed = environment["ASSAY_FUZZ_SEED"].flatMap { UInt64($0) } ?? 20_231_114
  /// No multiple of the data's grid, see `NastySeries`.
  private static let lookback: Int64 = 301_000

  @Test(.enabled(if: PrometheusPeer.path != nil, "Prometheus could not be had"))
  func `random queries get Prometheus' answers`() async throws {
    let data = NastySeries(seed: Self.seed)
    let program = PeerProgram.prometheus(
      try #require(PrometheusPeer.path), lookback: "\(Self.lookback)ms")
    let peer = try await PrometheusPeer(program, data.batches)
    let source = InMemorySeries(data.series)
    let shaken = (1...4).map { InMemorySeries(data.shaken(seed: Self.seed &+ $0)) }
    var generator = QueryGenerator(random: SplitMix(state: Self.seed &* 31))
    var (failures, rounded) = (0, 0)
    for number in 0..<Self.cases {
      let query = generator.query()
      let evaluation = Self.evaluation(&generator.random)
      let difference = try await Self.difference(query, evaluation, source, shaken, peer)
      guard let difference else { continue }
      let (small, when, what) = try await Self.shrunk(
        query, evaluation, difference, source, shaken, peer)
      if try await Self.isRounding(small, when, source, peer) {
        rounded += 1
        continue
      }
      failures += 1
      Issue.record(
        """
        case \(number) of seed \(Self.seed): \(what)
        \(Self.script(small, when, data))
        """)
      if failures >= 20 { break }
    }
    print(
      "differential: \(Self.cases) queries, \(failures) differ from Prometheus, "
        + "\(rounded) by the rounding of means")
  }

  /// Whether a mean or a sum differs by less than what its largest term leaves room for.
  ///
  /// 2.42 keeps a running mean, so where 1e17 comes and goes again, what is left is off by some
  /// units of 1e17's last digit; later versions, and this engine, compensate.
  private static func isRounding(
    _ query: String, _ evaluation: Evaluation, _ source: any SeriesSource, _ peer: PrometheusPeer
  ) async throws -> Bool {
    guard let mean = ["avg", "sum"].first(where: { query.hasPrefix($0) }) else { return false }
    let extremes = ["max", "min"].map { extreme in
      DifferentialAnswer(
        extreme + query.dropFirst(mean.count), evaluation, from: source, lookback: lookback)
    }
    let theirs = try await peer.answer(query, evaluation)
    return DifferentialAnswer(query, evaluation, from: source, lookback: lookback)
      .agrees(with: theirs, within: 0x1p-50, of: extremes)
  }

  /// A millisecond beside the grid; ranges have few steps, also in the other direction of the data.
  private static func evaluation(_ random: inout SplitMix) -> Evaluation {
    let time = NastySeries.start + 1 + Int64(60 + random.below(1260)) * 4000
    guard random.chance(0.5) else { return .instant(time) }
    let step = random.pick([7, 15, 60, 130]) as Int64
    return .range(
      start: time, end: time + step * 1000 * Int64(1 + random.below(25)), step: step * 1000)
  }

  private static func difference(
    _ query: String, _ evaluation: Evaluation, _ source: any SeriesSource,
    _ shaken: [InMemorySeries], _ peer: PrometheusPeer
  ) async throws -> String? {
    let theirs = try await peer.answer(query, evaluation)
    let ours = DifferentialAnswer(query, evaluation, from: source, lookback: lookback)
    guard ours.difference(from: theirs) != nil else { return nil }
    let others = shaken.map {
      DifferentialAnswer(query, evaluation, from: $0, lookback: lookback)
    }
    return ours.difference(from: theirs, shaken: others)
  }

  /// The smallest part of the query, at the first single time, that still differs.
  private static func shrunk(
    _ query: String, _ evaluation: Evaluation, _ difference: String,
    _ source: any SeriesSource, _ shaken: [InMemorySeries], _ peer: PrometheusPeer
  ) async throws -> (String, Evaluation, String) {
    var smallest = (query, evaluation, difference)
    if case .range(let start, let end, let step) = evaluation {
      for time in stride(from: start, through: end, by: Int(step)) {
        let moment = Evaluation.instant(time)
        guard let what = try await self.difference(query, moment, source, shaken, peer) else {
          continue
        }
        smallest = (query, moment, what)
        break
      }
    }
    var isSmaller = true
    while isSmaller, let tree = try? Parser.parse(smallest.0) {
      isSmaller = false
      for child in tree.children {
        let text = Printer.text(of: child)
        guard text.utf8.count < smallest.0.utf8.count else { continue }
        let type = try? TypeCheck.type(of: try Parser.parse(text), in: text)
        guard type == .vector || type == .scalar else { continue }
        let found = try await self.difference(text, smallest.1, source, shaken, peer)
        guard let what = found else { continue }
        smallest = (text, smallest.1, what)
        isSmaller = true
        break
      }
    }
    return smallest
  }

  private static func script(_ query: String, _ evaluation: Evaluation, _ data: NastySeries)
    -> String
  {
    let names = (try? Parser.parse(query))?.selectors.compactMap(\.name) ?? []
    let command =
      switch evaluation {
      case .instant(let time): "eval instant at \(time - NastySeries.start)ms \(query)"
      case .range(let start, let end, let step):
        "eval range from \(start - NastySeries.start)ms to \(end - NastySeries.start)ms "
          + "step \(step)ms \(query)"
      }
    return data.script(of: Set(names)) + "\n\n" + command
  }
}
