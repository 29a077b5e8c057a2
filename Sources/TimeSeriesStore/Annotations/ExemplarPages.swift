package import MetricModel

/// An exemplar and the series that it belongs to.
package struct SeriesExemplar: Equatable, Sendable {
  /// The labels of the series.
  package var series: Labels
  package var exemplar: Exemplar

  package init(series: Labels, exemplar: Exemplar) {
    self.series = series
    self.exemplar = exemplar
  }
}

/// A series with its exemplars, as the API answers them.
package struct SeriesExemplars: Equatable, Sendable {
  package var series: Labels
  /// In order of time.
  package var exemplars: [Exemplar]
}

/// The exemplars of a store, oldest first, in pages: a snapshot shares all of them, and adding one
/// copies at most the last page.
struct ExemplarPages: Sendable {
  private var pages: [[SeriesExemplar]] = []
  private(set) var count = 0

  private static let pageMax = 256

  var all: [SeriesExemplar] { pages.flatMap { $0 } }

  /// Adds one; a page of the oldest goes when there are more than `maximum`.
  mutating func add(_ exemplar: SeriesExemplar, maximum: Int) {
    guard maximum > 0 else { return }
    let size = max(1, min(Self.pageMax, maximum / 4))
    if pages.last.map({ $0.count >= size }) ?? true { pages.append([]) }
    pages[pages.count - 1].append(exemplar)
    count += 1
    while count > maximum { count -= pages.removeFirst().count }
  }

  /// Pages of exemplars in any order, some of them more than once, as logs have them that repeat
  /// what those before them had.
  init(_ exemplars: [SeriesExemplar], maximum: Int) {
    let sorted = exemplars.sorted { left, right in
      if left.exemplar == right.exemplar { return left.series < right.series }
      return left.exemplar.comes(before: right.exemplar)
    }
    for (index, one) in sorted.enumerated() where index == 0 || sorted[index - 1] != one {
      add(one, maximum: maximum)
    }
  }

  init() {}

  /// Those in `range` of the series that all matchers of at least one set accept, by series in the
  /// order of labels.
  func select(_ sets: [[LabelMatcher]], in range: TimeRange) -> [SeriesExemplars] {
    var found: [Labels: [Exemplar]] = [:]
    for page in pages {
      for one in page where range.contains(one.exemplar.time) {
        if sets.contains(where: { set in set.allSatisfy { $0.matches(one.series) } }) {
          found[one.series, default: []].append(one.exemplar)
        }
      }
    }
    return found.sorted { $0.key < $1.key }.map { series, exemplars in
      SeriesExemplars(series: series, exemplars: exemplars.sorted { $0.time < $1.time })
    }
  }
}

/// Decides which exemplars are new; remembers the newest of each series.
///
/// The rules are Prometheus': the same again is nothing new, one that comes before the newest is
/// refused (by time, then value, then labels, so that all can be repeated in order), and labels of
/// more than 128 characters are too many (OpenMetrics 1.0, "Exemplars").
struct ExemplarGate: Sendable {
  private var newest: [Labels: Exemplar] = [:]

  private static let labelCharactersMax = 128

  enum Decision { case new, known, refused }

  mutating func decide(_ one: SeriesExemplar) -> Decision {
    var characters = 0
    for (name, value) in one.exemplar.labels.pairs {
      characters += name.unicodeScalars.count + value.unicodeScalars.count
    }
    guard characters <= Self.labelCharactersMax else { return .refused }
    if let last = newest[one.series] {
      if last == one.exemplar { return .known }
      if one.exemplar.comes(before: last) { return .refused }
    }
    newest[one.series] = one.exemplar
    return .new
  }

  /// Knows what pages hold, which is in order, and nothing else.
  init(_ pages: ExemplarPages) {
    for one in pages.all {
      newest[one.series] = one.exemplar
    }
  }

  /// Forgets series whose exemplars are all gone, once they outnumber the others.
  mutating func trim(to pages: ExemplarPages, maximum: Int) {
    if newest.count > 2 * maximum { self = ExemplarGate(pages) }
  }
}

extension Exemplar {
  fileprivate func comes(before other: Exemplar) -> Bool {
    if time != other.time { return time < other.time }
    let (mine, others) = (OrderedBits.number(of: value), OrderedBits.number(of: other.value))
    return mine != others ? mine < others : labels < other.labels
  }
}
