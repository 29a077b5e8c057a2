/// The samples of one series as two columns of equal length, times ascending without repeats.
package struct SampleColumns: Equatable, Sendable {
  /// Milliseconds since the epoch.
  package var timestamps: [Int64]
  package var values: [Double]

  package init(timestamps: [Int64] = [], values: [Double] = []) {
    precondition(timestamps.count == values.count, "columns of one series have one length")
    self.timestamps = timestamps
    self.values = values
  }

  package var count: Int { timestamps.count }
  package var isEmpty: Bool { timestamps.isEmpty }

  package mutating func append(_ time: Timestamp, _ value: Double) {
    timestamps.append(time.milliseconds)
    values.append(value)
  }

  package mutating func removeAll(keepingCapacity: Bool = true) {
    timestamps.removeAll(keepingCapacity: keepingCapacity)
    values.removeAll(keepingCapacity: keepingCapacity)
  }

  /// Equality of bits, so that NaNs and staleness markers compare as what they are.
  package static func == (left: SampleColumns, right: SampleColumns) -> Bool {
    left.timestamps == right.timestamps
      && left.values.elementsEqual(right.values) { $0.bitPattern == $1.bitPattern }
  }
}

/// Labels with their samples.
package struct Series: Equatable, Sendable {
  package var labels: Labels
  package var samples: SampleColumns

  package init(labels: Labels, samples: SampleColumns) {
    self.labels = labels
    self.samples = samples
  }
}
