internal import MetricModel

extension Double {
  /// What a cell of a `SeriesBlock` holds where its series has no sample.
  ///
  /// The bits of the staleness marker: no present sample can have them, since scans take the marker
  /// out, and arithmetic turns it into another NaN. One column thus says value and presence. It
  /// has to be asked for before any arithmetic.
  @inline(__always) static var missing: Double { Double(bitPattern: 0x7ff0_0000_0000_0002) }

  @inline(__always) var isMissing: Bool { bitPattern == 0x7ff0_0000_0000_0002 }
}

/// Whose samples a row holds.
struct SeriesHead {
  var labels: Labels
  /// Whether `__name__` is to go from the result, where its removal is delayed.
  var dropsName = false
}

/// A tile of a vector over time, which operators hand to each other: rows are series, columns are
/// the evaluation times.
///
///     block.append(head) { row in row[step] = value }    // cells left alone are missing
///
/// A cell is missing, a number or a native histogram. Histograms stand in a second column, which is
/// empty in most blocks; the number beside one is some NaN, so that `values` alone says what is
/// present. Operators that know only numbers call `removeHistograms` first.
struct SeriesBlock: Sendable {
  let stepCount: Int
  private(set) var heads: [SeriesHead] = []
  /// Row by row; `Double.missing` where there is no sample.
  var values: [Double] = []
  /// Empty, or a place for each cell. What stands at a missing cell means nothing.
  private var histograms: [NativeHistogram?] = []

  /// How many rows of a grid make a tile of about 256 KiB.
  static func rowsPerTile(steps: Int) -> Int { max(1, min(4096, 32_768 / max(1, steps))) }

  init(stepCount: Int) {
    self.stepCount = stepCount
  }

  init(stepCount: Int, reservingRows rows: Int) {
    self.init(stepCount: stepCount)
    heads.reserveCapacity(rows)
    values.reserveCapacity(rows * stepCount)
  }

  var rowCount: Int { heads.count }
  var isFull: Bool { rowCount >= Self.rowsPerTile(steps: stepCount) }

  /// The cells of a row.
  func cells(_ row: Int) -> Range<Int> { row * stepCount..<(row + 1) * stepCount }

  /// Adds a row of the numbers given.
  mutating func append(_ head: SeriesHead, _ row: some Collection<Double>) {
    precondition(row.count == stepCount, "a row has a cell for each step")
    heads.append(head)
    values.append(contentsOf: row)
    fillHistograms()
  }

  /// Adds a row of another block under a head of its own.
  mutating func append(_ head: SeriesHead, row: Int, of other: SeriesBlock) {
    append(head, other.values[other.cells(row)])
    guard other.hasHistograms else { return }
    copyHistograms(of: other, row: row, to: values.count - stepCount)
  }

  /// Adds a row of missing cells, and returns its first cell; `dropLastRow` takes it back.
  mutating func appendMissing(_ head: SeriesHead) -> Int {
    heads.append(head)
    let start = values.count
    values.append(contentsOf: repeatElement(.missing, count: stepCount))
    fillHistograms()
    return start
  }

  /// Names the row added last.
  mutating func setLastHead(_ head: SeriesHead) {
    heads[heads.count - 1] = head
  }

  mutating func dropLastRow() {
    heads.removeLast()
    values.removeLast(stepCount)
    if hasHistograms { histograms.removeLast(stepCount) }
  }

  /// Takes the last row back, writing its present cells over those of another.
  mutating func foldLastRow(onto row: Int) {
    let (target, origin) = (row * stepCount, (rowCount - 1) * stepCount)
    for step in 0..<stepCount where !values[origin + step].isMissing {
      moveCell(origin + step, to: target + step)
    }
    dropLastRow()
  }

  /// Replaces the heads by what `change` makes of them.
  mutating func changeHeads(_ change: (inout SeriesHead) -> Void) {
    for row in heads.indices { change(&heads[row]) }
  }

  /// Whether any cell of a row is present.
  func hasSamples(row: Int) -> Bool {
    for cell in cells(row) where !values[cell].isMissing { return true }
    return false
  }

  /// Moves rows up over those without a sample.
  mutating func removeEmptyRows() {
    var kept = 0
    for row in heads.indices where hasSamples(row: row) {
      if kept != row {
        heads[kept] = heads[row]
        let (target, origin) = (kept * stepCount, row * stepCount)
        for step in 0..<stepCount { moveCell(origin + step, to: target + step) }
      }
      kept += 1
    }
    heads.removeLast(heads.count - kept)
    values.removeLast(values.count - kept * stepCount)
    if hasHistograms { histograms.removeLast(histograms.count - kept * stepCount) }
  }

  private mutating func moveCell(_ origin: Int, to target: Int) {
    values[target] = values[origin]
    if hasHistograms { histograms[target] = histograms[origin] }
  }
}

/// Histograms among the cells.
extension SeriesBlock {
  /// What stands in `values` beside a histogram: any NaN that isn't `missing` would do.
  private static var placeholder: Double { .nan }

  /// Whether any cell may hold a histogram.
  @inline(__always) var hasHistograms: Bool { !histograms.isEmpty }

  func hasHistograms(row: Int) -> Bool {
    hasHistograms && cells(row).contains { histogram(at: $0) != nil }
  }

  /// The histogram of a cell; nil when it is missing or a number.
  func histogram(at cell: Int) -> NativeHistogram? {
    histograms.isEmpty || values[cell].isMissing ? nil : histograms[cell]
  }

  mutating func set(_ histogram: NativeHistogram, at cell: Int) {
    if histograms.isEmpty {
      histograms = [NativeHistogram?](repeating: nil, count: values.count)
    }
    values[cell] = Self.placeholder
    histograms[cell] = histogram
  }

  /// Makes a cell a number, whatever it was.
  mutating func set(_ value: Double, at cell: Int) {
    values[cell] = value
    if hasHistograms { histograms[cell] = nil }
  }

  mutating func set(_ value: SampleValue, at cell: Int) {
    switch value {
    case .number(let number): set(number, at: cell)
    case .histogram(let histogram): set(histogram, at: cell)
    }
  }

  /// Nil when a cell is missing.
  func sample(at cell: Int) -> SampleValue? {
    if values[cell].isMissing { return nil }
    return histogram(at: cell).map(SampleValue.histogram) ?? .number(values[cell])
  }

  /// Takes out every histogram; their cells are missing from then on.
  mutating func removeHistograms() {
    guard hasHistograms else { return }
    for cell in values.indices where histogram(at: cell) != nil { values[cell] = .missing }
    histograms = []
  }

  /// The numbers of a row, missing where a histogram stands.
  func numbers(row: Int) -> [Double] {
    cells(row).map { histogram(at: $0) == nil ? values[$0] : .missing }
  }

  /// Copies histograms of another block's row to the cells from `start` on.
  mutating func copyHistograms(of other: SeriesBlock, row: Int, to start: Int) {
    for (step, cell) in other.cells(row).enumerated() {
      if let histogram = other.histogram(at: cell) { set(histogram, at: start + step) }
    }
  }

  /// Bytes of all histograms, for the account of memory.
  var histogramBytes: Int {
    hasHistograms ? histograms.reduce(0) { $0 + ($1?.sizeBytes ?? 0) + 8 } : 0
  }

  /// Bytes held, labels aside, which belong to the index.
  var sizeBytes: Int {
    values.count * 8 + rowCount * MemoryLayout<SeriesHead>.stride + histogramBytes / 16 * 16
  }

  private mutating func fillHistograms() {
    guard hasHistograms else { return }
    histograms.append(contentsOf: repeatElement(nil, count: values.count - histograms.count))
  }
}
