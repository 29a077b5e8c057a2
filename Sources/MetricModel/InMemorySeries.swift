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
      for (row, time) in samples.timestamps.enumerated() {
        let time = Timestamp(milliseconds: time)
        guard range.contains(time) else { continue }
        let startTime = samples.startTimes.isEmpty ? 0 : samples.startTimes[row]
        columns.append(time, samples.values[row], startTime: startTime)
      }
      let histograms = samples.histograms
      for (row, time) in histograms.timestamps.enumerated() {
        let time = Timestamp(milliseconds: time)
        guard range.contains(time) else { continue }
        let startTime = histograms.startTimes.isEmpty ? 0 : histograms.startTimes[row]
        columns.histograms.append(time, histograms.values[row], startTime: startTime)
      }
    }
  }
}
