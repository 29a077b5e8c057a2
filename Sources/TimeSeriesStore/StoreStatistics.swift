/// A store in numbers, as `/api/v1/status/tsdb` and `tsdb analyze` show it.
package struct StoreStatistics: Equatable, Sendable {
  /// Series with samples in memory.
  package var headSeries = 0
  /// Samples in memory.
  package var headSamples = 0
  /// Sealed blocks, oldest first.
  package var blocks: [BlockStatistics] = []

  /// All samples, in memory and sealed.
  package var samples: Int { blocks.reduce(headSamples) { $0 + $1.samples } }
  /// The bytes of all blocks.
  package var blockSizeBytes: Int { blocks.reduce(0) { $0 + $1.sizeBytes } }
}

/// A sealed block in numbers.
package struct BlockStatistics: Equatable, Sendable {
  /// The directory's name.
  package var name: String
  package var series: Int
  package var samples: Int
  package var sizeBytes: Int
  /// The times of the first and the last sample in milliseconds.
  package var earliest: Int64
  package var latest: Int64
}

extension StoreSnapshot {
  package var statistics: StoreStatistics {
    var result = StoreStatistics()
    for head in heads {
      result.headSeries += head.seriesCount
      result.headSamples += head.sampleCount
    }
    result.blocks = blocks.map { block in
      BlockStatistics(
        name: StoreLayout.padded(block.number), series: block.summary.seriesCount,
        samples: block.summary.sampleCount, sizeBytes: block.sizeBytes,
        earliest: block.summary.earliest, latest: block.summary.latest)
    }
    return result
  }

  /// Reads and checks every column of every block.
  package func verify() throws(StoreError) {
    for block in blocks { try block.verify() }
  }
}
