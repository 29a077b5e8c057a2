import Dispatch
import MetricModel
import PromQL
import Testing

/// Laws that hold between the answers to any query, asked of random ones over random series:
/// numbers and histograms with gaps, resets, markers and all.
///
/// That pinning a query by `@` changes nothing is asked where the scripts are run.
@Suite struct LawTests {
  private static let seeds = 1...6
  private static let queriesPerSeed = 60

  private static func options(_ random: inout RandomQueries) -> QueryOptions {
    QueryOptions(
      delaysNameRemoval: Bool.random(using: &random), features: QueryFeature.language)
  }

  private static func grid(_ random: inout RandomQueries) -> StepGrid {
    StepGrid(
      start: Timestamp(milliseconds: Int64.random(in: 0..<300_000, using: &random)),
      step: Milliseconds(Int64.random(in: 1000..<90_000, using: &random)), count: 6)
  }

  /// Calls `check` with random queries that have an answer.
  private func ask(
    seed: Int,
    _ check: (_ query: Query, _ answer: QueryAnswer, StepGrid, InMemorySeries) throws -> Void
  ) rethrows {
    var random = RandomQueries(seed: UInt64(seed))
    let source = InMemorySeries(EvaluationFuzzTests.series(seed: UInt64(seed)))
    var answered = 0
    for _ in 0..<Self.queriesPerSeed {
      let text = random.vector(depth: 3)
      guard let query = try? Query(text, options: Self.options(&random)) else { continue }
      let grid = Self.grid(&random)
      guard let answer = try? query.range(over: grid, from: source) else { continue }
      if answer.value != .matrix([]) { answered += 1 }
      try check(query, answer, grid, source)
    }
    #expect(answered > 5, "seed \(seed) asks for something")
  }

  /// `labels value`, one line for each sample at one time.
  private func lines(_ answer: QueryAnswer, at time: Timestamp) -> Set<String> {
    guard case .matrix(let rows) = answer.value else { return [] }
    var lines: Set<String> = []
    for row in rows {
      for sample in row.samples.all where sample.time == time.milliseconds {
        lines.insert("\(row.labels) \(sample.text)")
      }
    }
    return lines
  }

  @Test(arguments: seeds) func `a range query is its instant queries side by side`(
    seed: Int
  ) throws {
    try ask(seed: seed) { query, answer, grid, source in
      // Facts of the whole query differ, and so may the first of equal elements.
      let text = query.text
      guard !["start()", "end()", "range()", "step()"].contains(where: text.contains) else {
        return
      }
      for step in 0..<grid.count {
        let instant = try query.instant(at: grid[step], from: source)
        guard case .vector(let samples) = instant.value else { continue }
        let here = Set(samples.map { "\($0.labels) \($0.value.text)" })
        #expect(here == lines(answer, at: grid[step]), "seed \(seed) step \(step): \(text)")
      }
    }
  }

  @Test(arguments: seeds) func `a range query is its two halves`(seed: Int) throws {
    try ask(seed: seed) { query, answer, grid, source in
      let text = query.text
      guard !["start()", "end()", "range()"].contains(where: text.contains) else { return }
      let first = StepGrid(start: grid.start, step: grid.step, count: 3)
      let second = StepGrid(start: grid[3], step: grid.step, count: grid.count - 3)
      for half in [first, second] {
        let part = try query.range(over: half, from: source)
        for step in 0..<half.count {
          let time = half[step]
          #expect(lines(part, at: time) == lines(answer, at: time), "seed \(seed): \(text)")
        }
      }
    }
  }

  @Test(arguments: seeds) func `a printed query parses to the same tree and answer`(
    seed: Int
  ) throws {
    try ask(seed: seed) { query, answer, grid, source in
      let printed = Printer.text(of: query.expression)
      let again = try Query(printed, options: query.options)
      #expect(Printer.text(of: again.expression) == printed)
      let value = try again.range(over: grid, from: source).value
      #expect(value == answer.value, "\(query.text)")
    }
  }

  @Test(arguments: seeds) func `an optimised plan answers what the plain one does`(
    seed: Int
  ) throws {
    try ask(seed: seed) { query, answer, grid, source in
      var options = query.options
      options.optimises = false
      let other = try Query(query.text, options: options)
      let plain = try other.range(over: grid, from: source)
      #expect(plain.value == answer.value, "seed \(seed): \(query.text)")
      // What is sorted once for all steps is no range query, so nothing is said of it.
      let expected = Set(plain.annotations.filter { !$0.text.contains("sort is ineffective") })
      let found = Set(answer.annotations.filter { !$0.text.contains("sort is ineffective") })
      if try selectors(of: query, grid) == selectors(of: other, grid) {
        #expect(expected == found, "seed \(seed): \(query.text)")
      } else {
        // Nothing is said of series that a join would have left out.
        #expect(found.isSubset(of: expected), "seed \(seed): \(query.text)")
      }
    }
  }

  private func selectors(of query: Query, _ grid: StepGrid) throws -> Set<String> {
    Set(
      try query.explained(over: grid).split(separator: "\n")
        .map { $0.drop { $0 == " " } }.filter { $0.hasPrefix("series") }.map(String.init))
  }

  @Test(arguments: seeds) func `several workers answer what one does`(seed: Int) throws {
    let crew = WorkerCrew(workers: 3, cellsPerRun: 30) { count, body in
      DispatchQueue.concurrentPerform(iterations: count) { body($0) }
    }
    try ask(seed: seed) { query, answer, grid, source in
      let shared = try query.range(over: grid, from: source, limits: QueryLimits(crew: crew))
      #expect(shared == answer, "seed \(seed): \(query.text)")
    }
  }

  @Test(arguments: seeds) func `where samples are kept makes no difference`(seed: Int) throws {
    try ask(seed: seed) { query, answer, grid, source in
      let split = SplitSource(source: source, middle: grid[2])
      let parts = try query.range(over: grid, from: split)
      #expect(parts == answer, "seed \(seed): \(query.text)")
    }
  }
}

/// Reads what is before and after some time separately, as a store with two blocks does.
private struct SplitSource: SeriesSource {
  let source: InMemorySeries
  let middle: Timestamp

  func select(
    _ matchers: [LabelMatcher], in range: TimeRange
  ) throws(SelectError) -> any SeriesSelection {
    Selection(selection: try source.select(matchers, in: range), middle: middle)
  }

  private struct Selection: SeriesSelection {
    let selection: any SeriesSelection
    let middle: Timestamp

    var labels: [Labels] { selection.labels }

    func read(
      _ index: Int, in range: TimeRange, into columns: inout SampleColumns
    ) throws(SelectError) {
      var late = SampleColumns()
      try selection.read(
        index, in: TimeRange(after: range.start, through: min(range.end, middle)), into: &columns)
      try selection.read(
        index, in: TimeRange(after: max(range.start, middle), through: range.end), into: &late)
      for (row, time) in late.timestamps.enumerated() {
        columns.append(
          Timestamp(milliseconds: time), late.values[row],
          startTime: late.startTimes.isEmpty ? 0 : late.startTimes[row])
      }
      let histograms = late.histograms
      for (row, time) in histograms.timestamps.enumerated() {
        columns.histograms.append(
          Timestamp(milliseconds: time), histograms.values[row],
          startTime: histograms.startTimes.isEmpty ? 0 : histograms.startTimes[row])
      }
    }
  }
}

extension SampleValue {
  /// All bits of numbers, NaNs aside; all of histograms, hints included.
  fileprivate var text: String {
    switch self {
    case .number(let number): NumberText.plain(number)
    case .histogram(let histogram): histogram.expression
    }
  }
}

extension SampleColumns {
  fileprivate var all: [(time: Int64, text: String)] {
    zip(timestamps, values).map { ($0, SampleValue.number($1).text) }
      + zip(histograms.timestamps, histograms.values).map {
        ($0, SampleValue.histogram($1).text)
      }
  }
}
