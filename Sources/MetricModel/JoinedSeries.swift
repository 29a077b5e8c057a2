/// The series of two places as those of one: what another server has, and beside it what this one
/// keeps itself.
///
///     let all = store.snapshot().joined(with: remote)
///
/// Where both have samples of one series at one time, the first's count.
///
/// Whole queries may be answered by the second alone, where the first never had any of their
/// series.
package struct JoinedSeries: SeriesCatalog {
  fileprivate let first: any SeriesCatalog
  fileprivate let second: any SeriesCatalog

  package func select(
    _ matchers: [LabelMatcher], in range: TimeRange
  ) throws(SelectError) -> any SeriesSelection {
    let one = try first.select(matchers, in: range)
    let other = try second.select(matchers, in: range)
    if one.labels.isEmpty { return other }
    if other.labels.isEmpty { return one }
    return JoinedSelection(one, other)
  }

  package func engine(for selections: [[LabelMatcher]]) -> (any QueryEngine)? {
    let isUnknownHere = selections.allSatisfy { matchers in
      (try? first.select(matchers, in: .all))?.labels.isEmpty == true
    }
    return isUnknownHere ? second.engine(for: selections) : nil
  }

  package func heeding(_ isCancelled: @escaping @Sendable () -> Bool) -> JoinedSeries {
    JoinedSeries(first: first.heeding(isCancelled), second: second.heeding(isCancelled))
  }

  package func labelNames(
    matching matchers: [LabelMatcher], in range: TimeRange
  ) throws(SelectError) -> [String] {
    Self.union(
      try first.labelNames(matching: matchers, in: range),
      try second.labelNames(matching: matchers, in: range)
    ) { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  package func labelValues(
    of name: String, matching matchers: [LabelMatcher], in range: TimeRange
  ) throws(SelectError) -> [String] {
    Self.union(
      try first.labelValues(of: name, matching: matchers, in: range),
      try second.labelValues(of: name, matching: matchers, in: range)
    ) { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  package func seriesLabels(
    matching matchers: [LabelMatcher], in range: TimeRange
  ) throws(SelectError) -> [Labels] {
    Self.union(
      try first.seriesLabels(matching: matchers, in: range),
      try second.seriesLabels(matching: matchers, in: range), by: <)
  }

  /// What either list has, in order; each has its elements once and in order.
  private static func union<Element>(
    _ left: [Element], _ right: [Element], by precedes: (Element, Element) -> Bool
  ) -> [Element] {
    var result: [Element] = []
    result.reserveCapacity(max(left.count, right.count))
    var index = 0
    for element in right {
      while index < left.count, precedes(left[index], element) {
        result.append(left[index])
        index += 1
      }
      if index == left.count || precedes(element, left[index]) { result.append(element) }
    }
    return result + left[index...]
  }
}

extension SeriesCatalog {
  /// These series and those of another place; of this alone when there is none.
  package func joined(with other: (any SeriesCatalog)?) -> any SeriesCatalog {
    other.map { JoinedSeries(first: self, second: $0) } ?? self
  }
}

/// The answers of two sources to one selection.
private struct JoinedSelection: SeriesSelection {
  /// Where a series is: its index in one answer or in both.
  struct Place {
    var first: Int?
    var second: Int?
  }

  let labels: [Labels]
  let places: [Place]
  let first: any SeriesSelection
  let second: any SeriesSelection

  init(_ first: any SeriesSelection, _ second: any SeriesSelection) {
    self.first = first
    self.second = second
    let (left, right) = (first.labels, second.labels)
    var labels: [Labels] = []
    var places: [Place] = []
    var (i, j) = (0, 0)
    while i < left.count || j < right.count {
      let takesLeft = j == right.count || i < left.count && left[i] <= right[j]
      let takesRight = i == left.count || j < right.count && right[j] <= left[i]
      labels.append(takesLeft ? left[i] : right[j])
      places.append(Place(first: takesLeft ? i : nil, second: takesRight ? j : nil))
      if takesLeft { i += 1 }
      if takesRight { j += 1 }
    }
    self.labels = labels
    self.places = places
  }

  var bytesHeld: Int { first.bytesHeld + second.bytesHeld }

  func read(
    _ index: Int, in range: TimeRange, into columns: inout SampleColumns
  ) throws(SelectError) {
    try JoinedReader(self).read(index, in: range, into: &columns)
  }

  func reader() -> any SeriesReader { JoinedReader(self) }
}

/// Reads from both places.
private final class JoinedReader: SeriesReader {
  private let places: [JoinedSelection.Place]
  private let first: any SeriesReader
  private let second: any SeriesReader

  init(_ selection: JoinedSelection) {
    places = selection.places
    first = selection.first.reader()
    second = selection.second.reader()
  }

  func read(
    _ index: Int, in range: TimeRange, into columns: inout SampleColumns
  ) throws(SelectError) {
    let place = places[index]
    columns.removeAll()
    if let number = place.first { try first.read(number, in: range, into: &columns) }
    guard let number = place.second else { return }
    if columns.isEmpty { return try second.read(number, in: range, into: &columns) }
    var others = SampleColumns()
    try second.read(number, in: range, into: &others)
    if !others.isEmpty { columns = Self.joined(columns, others) }
  }

  /// All rows of `columns`, and those of `others` at other times.
  private static func joined(_ columns: SampleColumns, _ others: SampleColumns) -> SampleColumns {
    let known = Set(columns.timestamps + columns.histograms.timestamps)
    var numbers = columns.numberRows
    numbers += others.numberRows.filter { !known.contains($0.time) }
    var histograms = columns.histogramRows
    histograms += others.histogramRows.filter { !known.contains($0.time) }
    var result = SampleColumns()
    for row in numbers.sorted(by: { $0.time < $1.time }) {
      result.append(Timestamp(milliseconds: row.time), row.value, startTime: row.start)
    }
    for row in histograms.sorted(by: { $0.time < $1.time }) {
      result.histograms.append(Timestamp(milliseconds: row.time), row.value, startTime: row.start)
    }
    return result
  }
}

extension SampleColumns {
  fileprivate var numberRows: [(time: Int64, value: Double, start: Int64)] {
    timestamps.indices.map { row in
      (timestamps[row], values[row], startTimes.isEmpty ? 0 : startTimes[row])
    }
  }

  fileprivate var histogramRows: [(time: Int64, value: NativeHistogram, start: Int64)] {
    histograms.timestamps.indices.map { row in
      let start = histograms.startTimes.isEmpty ? 0 : histograms.startTimes[row]
      return (histograms.timestamps[row], histograms.values[row], start)
    }
  }
}
