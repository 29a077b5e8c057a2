internal import MetricModel

/// The samples that aren't in a block yet, as a value: a copy is a snapshot.
///
/// Copying costs a few references. After that, adding to a page which a snapshot still holds
/// copies the page and the open tails touched, nothing else; without snapshots nothing is copied.
struct Head: Sendable {
  private var pages: [[HeadSeries]] = []
  private(set) var seriesCount = 0
  private(set) var sampleCount = 0
  /// The earliest and the latest time of all samples; meaningless while there are none.
  private(set) var earliest = Int64.max
  private(set) var latest = Int64.min
  private(set) var index = HeadIndex()

  /// Series share pages so that a page is cheap to copy and the list of pages short.
  private static let pageShift = 6
  private static let pageSize = 1 << pageShift

  var isEmpty: Bool { sampleCount == 0 }

  /// Adds a series without samples; the number it gets is the count before.
  mutating func addSeries(_ labels: Labels) {
    if seriesCount % Self.pageSize == 0 { pages.append([]) }
    pages[pages.count - 1].append(HeadSeries(labels))
    seriesCount += 1
  }

  /// Adds a sample at a time that the series doesn't have yet.
  mutating func add(_ series: UInt32, _ time: Int64, _ value: Double) {
    let (page, slot) = (Int(series) >> Self.pageShift, Int(series) & (Self.pageSize - 1))
    pages[page][slot].add(time, value)
    sampleCount += 1
    earliest = min(earliest, time)
    latest = max(latest, time)
  }

  /// Adds rows of a log being read, whose numbers of series stand for those in `numbers`, as plain
  /// rows: `packed` compresses them once there is time.
  mutating func addPlain(_ rows: LogRows, numbers: [UInt32]) {
    for row in rows.series.indices {
      let series = Int(numbers[Int(rows.series[row])])
      let time = rows.timestamps[row]
      pages[series >> Self.pageShift][series & (Self.pageSize - 1)].addPlain(
        time, rows.values[row])
      earliest = min(earliest, time)
      latest = max(latest, time)
    }
    sampleCount += rows.count
  }

  /// The same samples, compressed where reading logs left them plain; nil when nothing is.
  var packed: Head? {
    guard pages.contains(where: { $0.contains(where: \.isPlain) }) else { return nil }
    var result = self
    for page in result.pages.indices {
      for slot in result.pages[page].indices { result.pages[page][slot].pack() }
    }
    return result
  }

  /// Adds a histogram at a time that the series doesn't have yet.
  mutating func add(_ series: UInt32, _ time: Int64, _ histogram: NativeHistogram) {
    let (page, slot) = (Int(series) >> Self.pageShift, Int(series) & (Self.pageSize - 1))
    pages[page][slot].add(time, histogram)
    sampleCount += 1
    earliest = min(earliest, time)
    latest = max(latest, time)
  }

  subscript(series: UInt32) -> HeadSeries {
    pages[Int(series) >> Self.pageShift][Int(series) & (Self.pageSize - 1)]
  }

  /// Appends the samples of a series in `range`, in order of time.
  ///
  /// - Parameter times: of the chunks read before.
  func append(
    _ series: UInt32, in range: TimeRange, to columns: inout SampleColumns,
    times: inout HeadTimes
  ) throws(Damage) {
    let (page, slot) = (Int(series) >> Self.pageShift, Int(series) & (Self.pageSize - 1))
    try HeadSeries.append(slot, of: pages.span[page], in: range, to: &columns, times: &times)
  }

  /// Whether any sample of a series may lie in `range`.
  func overlaps(_ range: TimeRange, series: UInt32) -> Bool {
    let (page, slot) = (Int(series) >> Self.pageShift, Int(series) & (Self.pageSize - 1))
    return pages.span[page][slot].overlaps(range)
  }

  func overlaps(_ range: TimeRange) -> Bool {
    !isEmpty && latest > range.start.milliseconds && earliest <= range.end.milliseconds
  }

  /// The labels of some series, by their numbers.
  func labels(of series: Range<Int>) -> [Labels] { series.map { self[UInt32($0)].labels } }

  /// Replaces the index by another of this head, if that one covers more series.
  mutating func adopt(_ index: HeadIndex) {
    if index.covered > self.index.covered { self.index = index }
  }

  /// Makes every series answerable from the index.
  mutating func completeIndex() throws(Damage) {
    if index.covered < seriesCount {
      index = try index.extended(
        to: seriesCount, labels(of: index.startOfNextPart(seriesCount)..<seriesCount))
    }
  }

  /// The series that match and have samples in `range`, in the order of labels; for all of time
  /// also those whose first sample is still to come.
  func find(
    _ matchers: [LabelMatcher], in range: TimeRange
  ) throws(Damage) -> [FoundSeries] {
    var runs: [[FoundSeries]] = []
    for part in index.parts {
      let ranks = try MatcherResolver(index: part.index).resolve(matchers)
      var run: [FoundSeries] = []
      run.reserveCapacity(ranks.count)
      for rank in ranks {
        let number = part.order[Int(rank)]
        let series = self[number]
        if range == .all || series.overlaps(range) {
          run.append(FoundSeries(series.labels, number))
        }
      }
      runs.append(run)
    }
    var rest: [FoundSeries] = []
    for number in index.covered..<seriesCount {
      let series = self[UInt32(number)]
      if range == .all || series.overlaps(range),
        matchers.allSatisfy({ $0.matches(series.labels) })
      {
        rest.append(FoundSeries(series.labels, UInt32(number)))
      }
    }
    rest.sort { $0.labels < $1.labels }
    runs.append(rest)
    return FoundSeries.merged(runs)
  }

  /// The number of the series with exactly these labels, nil when there is none.
  func number(of labels: Labels) -> UInt32? {
    for part in index.parts {
      var (low, high) = (0, part.order.count)
      while low < high {
        let middle = (low + high) / 2
        if self[part.order[middle]].labels < labels { low = middle + 1 } else { high = middle }
      }
      if low < part.order.count, self[part.order[low]].labels == labels { return part.order[low] }
    }
    for number in index.covered..<seriesCount where self[UInt32(number)].labels == labels {
      return UInt32(number)
    }
    return nil
  }
}

/// A series that a layer of the store has: its labels and its number there.
struct FoundSeries {
  var labels: Labels
  var number: UInt32

  init(_ labels: Labels, _ number: UInt32) {
    self.labels = labels
    self.number = number
  }

  /// One ordered run of several; the runs have no labels in common.
  static func merged(_ runs: [[FoundSeries]]) -> [FoundSeries] {
    var runs = runs.filter { !$0.isEmpty }
    while runs.count > 1 {
      var next: [[FoundSeries]] = []
      for index in stride(from: 0, to: runs.count, by: 2) {
        next.append(
          index + 1 < runs.count ? merged(runs[index], runs[index + 1]) : runs[index])
      }
      runs = next
    }
    return runs.first ?? []
  }

  private static func merged(_ a: [FoundSeries], _ b: [FoundSeries]) -> [FoundSeries] {
    var result: [FoundSeries] = []
    result.reserveCapacity(a.count + b.count)
    var (i, j) = (0, 0)
    while i < a.count && j < b.count {
      if b[j].labels < a[i].labels {
        result.append(b[j])
        j += 1
      } else {
        result.append(a[i])
        i += 1
      }
    }
    result.append(contentsOf: a[i...])
    result.append(contentsOf: b[j...])
    return result
  }
}
