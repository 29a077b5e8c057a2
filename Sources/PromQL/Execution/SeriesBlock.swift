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
/// Floats are one column kind; native histograms will be a second array beside `values`, of which a
/// cell is present at most in one.
struct SeriesBlock {
  let stepCount: Int
  private(set) var heads: [SeriesHead] = []
  /// Row by row; `Double.missing` where there is no sample.
  var values: [Double] = []

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

  /// Adds a row of the cells given.
  mutating func append(_ head: SeriesHead, _ row: some Collection<Double>) {
    precondition(row.count == stepCount, "a row has a cell for each step")
    heads.append(head)
    values.append(contentsOf: row)
  }

  /// Adds a row of missing cells, and returns its first cell; `dropLastRow` takes it back.
  mutating func appendMissing(_ head: SeriesHead) -> Int {
    heads.append(head)
    let start = values.count
    values.append(contentsOf: repeatElement(.missing, count: stepCount))
    return start
  }

  /// Names the row added last.
  mutating func setLastHead(_ head: SeriesHead) {
    heads[heads.count - 1] = head
  }

  mutating func dropLastRow() {
    heads.removeLast()
    values.removeLast(stepCount)
  }

  /// Takes the last row back, writing its present cells over those of another.
  mutating func foldLastRow(onto row: Int) {
    let (target, origin) = (row * stepCount, (rowCount - 1) * stepCount)
    for step in 0..<stepCount where !values[origin + step].isMissing {
      values[target + step] = values[origin + step]
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
        for step in 0..<stepCount { values[target + step] = values[origin + step] }
      }
      kept += 1
    }
    heads.removeLast(heads.count - kept)
    values.removeLast(values.count - kept * stepCount)
  }
}
