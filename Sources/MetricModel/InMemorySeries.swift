/// Series held in memory, as a test script or a small recording has them.
package struct InMemorySeries: SeriesSource {
  private var series: [Series]

  /// Sorts by labels; series with equal labels must have been merged before.
  package init(_ series: [Series]) {
    self.series = series.sorted { $0.labels < $1.labels }
  }

  package func select(
    _ matchers: [LabelMatcher], in range: TimeRange
  ) throws(SelectError) -> any SeriesSelection {
    Selection(
      series: series.filter { candidate in matchers.allSatisfy { $0.matches(candidate.labels) } })
  }

  private struct Selection: SeriesSelection {
    let series: [Series]

    var labels: [Labels] { series.map(\.labels) }

    func read(_ index: Int, in range: TimeRange, into columns: inout SampleColumns) {
      columns.removeAll()
      let samples = series[index].samples
      for (time, value) in zip(samples.timestamps, samples.values)
      where range.contains(Timestamp(milliseconds: time)) {
        columns.append(Timestamp(milliseconds: time), value)
      }
    }
  }
}
