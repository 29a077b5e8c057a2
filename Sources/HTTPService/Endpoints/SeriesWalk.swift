import MetricModel

/// The series of several selections, one after the other, each read when it is its turn.
struct SeriesWalk: Sendable {
  /// What is asked for: series, and which of their samples.
  struct Selection: Sendable {
    var series: any SeriesSelection
    var range: TimeRange
  }

  private let selections: [Selection]
  private let isAbandoned: @Sendable () -> Bool
  private var number = 0
  private var index = 0

  init(_ selections: [Selection], isAbandoned: @escaping @Sendable () -> Bool) {
    self.selections = selections
    self.isAbandoned = isAbandoned
  }

  /// Hands over further series that have samples, until `take` has enough and says false, or none
  /// is left; whether none is left.
  ///
  /// - Parameter take: is told the number of the selection with each series.
  mutating func advance(
    _ take: (Int, Series) throws(APIError) -> Bool
  ) throws(APIError) -> Bool {
    while number < selections.count {
      let (series, range) = (selections[number].series, selections[number].range)
      let reader = series.reader()
      var samples = SampleColumns()
      while index < series.labels.count {
        if isAbandoned() { throw APIError(.canceled, "the client has gone") }
        do {
          try reader.read(index, in: range, into: &samples)
        } catch {
          throw APIError(error)
        }
        index += 1
        if samples.isEmpty { continue }
        let row = Series(labels: series.labels[index - 1], samples: samples)
        if try !take(number, row) { return false }
      }
      (number, index) = (number + 1, 0)
    }
    return true
  }
}
