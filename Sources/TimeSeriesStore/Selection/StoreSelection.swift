internal import MetricModel

/// The answer to a selection.
struct StoreSelection: SeriesSelection {
  let layers: [StoreLayer]
  let series: SelectedSeries
  let columns: ColumnCache

  var labels: [Labels] { series.labels }

  func read(
    _ index: Int, in range: TimeRange, into columns: inout SampleColumns
  ) throws(SelectError) {
    try StoreReader(self).read(index, in: range, into: &columns)
  }

  func reader() -> any SeriesReader { StoreReader(self) }
}

/// Reads series of a selection from all layers, for one worker.
private final class StoreReader: SeriesReader {
  private enum Layer {
    case block(BlockReader)
    case head(HeadReader)
  }

  private let series: SelectedSeries
  private let layers: [Layer]

  init(_ selection: StoreSelection) {
    series = selection.series
    layers = selection.layers.map { layer in
      switch layer {
      case .block(let block): .block(BlockReader(block, selection.columns))
      case .head(let head): .head(HeadReader(head, selection.columns))
      }
    }
  }

  func read(
    _ index: Int, in range: TimeRange, into columns: inout SampleColumns
  ) throws(SelectError) {
    columns.removeAll()
    do throws(StoreError) {
      for place in series.sources(of: index) {
        let middle = columns.rowCounts
        try append(series.sources[place], in: range, to: &columns)
        columns.mergeRuns(from: RowCounts(), at: middle)
      }
    } catch { throw SelectError(error) }
  }

  private func append(
    _ source: SelectedSeries.Source, in range: TimeRange, to columns: inout SampleColumns
  ) throws(StoreError) {
    switch layers[Int(source.layer)] {
    case .head(let reader): try reader.append(source.number, in: range, to: &columns)
    case .block(let reader):
      let start = columns.rowCounts
      for chunk in Int(source.firstChunk)..<Int(source.firstHistograms) {
        try reader.appendNumbers(series.chunks[chunk], in: range, to: &columns)
      }
      for chunk in Int(source.firstHistograms)..<Int(source.chunksEnd) {
        try reader.appendHistograms(series.chunks[chunk], in: range, to: &columns)
      }
      reader.removeDeleted(of: source.number, from: start, in: &columns)
    }
  }
}

/// Reads series of one head, for one worker.
private final class HeadReader {
  private let head: Head
  private var times: HeadTimes

  init(_ head: Head, _ columns: ColumnCache) {
    self.head = head
    times = HeadTimes(columns)
  }

  func append(
    _ number: UInt32, in range: TimeRange, to columns: inout SampleColumns
  ) throws(StoreError) {
    do throws(Damage) {
      try head.append(number, in: range, to: &columns, times: &times)
    } catch {
      throw StoreError(error, in: StoreLayer.memory)
    }
  }
}
