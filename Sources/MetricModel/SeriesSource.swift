/// Where series come from: an embedded store, a recording, a test script, another server.
///
/// The port between engine and storage: PromQL knows nothing else of a store, and a store nothing
/// of PromQL.
package protocol SeriesSource: Sendable {
  /// The series that match all matchers and may have samples in `range`, sorted by labels, each
  /// once. An empty matcher list selects everything.
  func select(_ matchers: [LabelMatcher], in range: TimeRange) throws(SelectError)
    -> any SeriesSelection

  /// Who answers whole queries over these selections, because it alone holds their series; nil
  /// where they have to be evaluated here, which is the default.
  func engine(for selections: [[LabelMatcher]]) -> (any QueryEngine)?

  /// The same series for one query, which gives up waiting for others once `isCancelled` says so;
  /// by default itself, since it doesn't wait.
  func heeding(_ isCancelled: @escaping @Sendable () -> Bool) -> Self
}

/// A source that also says what there is to ask for, without samples.
///
/// An empty matcher list means everything; a series counts when it may have samples in `range`.
package protocol SeriesCatalog: SeriesSource {
  /// The names of the labels of the series that match, sorted bytewise, each once.
  func labelNames(
    matching matchers: [LabelMatcher], in range: TimeRange
  ) throws(SelectError) -> [String]

  /// The values of one label among the series that match, sorted bytewise, each once.
  func labelValues(
    of name: String, matching matchers: [LabelMatcher], in range: TimeRange
  ) throws(SelectError) -> [String]

  /// The labels of the series that match, sorted, each once.
  func seriesLabels(
    matching matchers: [LabelMatcher], in range: TimeRange
  ) throws(SelectError) -> [Labels]
}

/// The answer to a selection: labels first, samples on demand. Random access, so that several
/// workers may read different series at once, each through a reader of its own.
package protocol SeriesSelection: Sendable {
  /// Sorted by labels, unique.
  var labels: [Labels] { get }

  /// What the selection itself keeps in memory, such as samples that came over a network: a query
  /// that selects them answers for them. 0 where samples are read from a store.
  var bytesHeld: Int { get }

  /// Replaces the contents of `columns` with the samples of series `index` in `range`, staleness
  /// markers included, times ascending and unique. Capacity of `columns` is reused.
  func read(_ index: Int, in range: TimeRange, into columns: inout SampleColumns)
    throws(SelectError)

  /// Somebody who reads many series for one worker and keeps what neighbours share, so that each
  /// costs less than `read` alone.
  func reader() -> any SeriesReader
}

/// Reads series of one selection, for one worker.
package protocol SeriesReader: AnyObject {
  /// As `SeriesSelection.read`.
  func read(_ index: Int, in range: TimeRange, into columns: inout SampleColumns)
    throws(SelectError)
}

extension SeriesSelection {
  package var bytesHeld: Int { 0 }

  /// Of selections whose series share nothing.
  package func reader() -> any SeriesReader { DirectReader(selection: self) }
}

private final class DirectReader<Selection: SeriesSelection>: SeriesReader {
  private let selection: Selection

  init(selection: Selection) {
    self.selection = selection
  }

  func read(
    _ index: Int, in range: TimeRange, into columns: inout SampleColumns
  ) throws(SelectError) {
    try selection.read(index, in: range, into: &columns)
  }
}

/// Why samples could not be had.
package enum SelectError: Error, Equatable, CustomStringConvertible {
  /// Stored bytes are damaged; names the file and the place in it.
  case corrupt(String)
  /// The storage could not be read; names the file and the reason.
  case unreadable(String)
  /// A matcher or range that this source cannot serve.
  case unsupported(String)
  /// There is more to read than may be; says how much, and which limit it is.
  case exceeded(String)

  package var description: String {
    switch self {
    case .corrupt(let text): "stored data is damaged: \(text)"
    case .unreadable(let text): "cannot read storage: \(text)"
    case .unsupported(let text): "not supported by this storage: \(text)"
    case .exceeded(let text): "more than may be read: \(text)"
    }
  }
}
