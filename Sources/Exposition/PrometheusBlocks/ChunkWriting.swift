import MetricModel

/// A chunk ready for a file.
struct WrittenChunk {
  var encoding: ChunkEncoding
  var bytes: [UInt8]
  var earliest: Int64
  var latest: Int64
  var sampleCount: Int
}

extension WrittenChunk {
  /// What Prometheus puts into a chunk.
  private static let sampleCountMax = 120

  /// The samples of a series as chunks in the order of their times, numbers and histograms apart.
  static func chunks(of samples: SampleColumns) -> [WrittenChunk] {
    var chunks: [WrittenChunk] = []
    let histograms = samples.histograms
    var (number, histogram) = (0, 0)
    while number < samples.count || histogram < histograms.count {
      let nextHistogram = histogram < histograms.count ? histograms.timestamps[histogram] : .max
      let nextNumber = number < samples.count ? samples.timestamps[number] : .max
      if nextNumber < nextHistogram {
        var end = number
        while end < samples.count, end - number < sampleCountMax,
          samples.timestamps[end] < nextHistogram
        { end += 1 }
        chunks.append(numbers(samples, number..<end))
        number = end
      } else {
        var end = histogram + 1
        while end < histograms.count, end - histogram < sampleCountMax,
          histograms.timestamps[end] < nextNumber,
          histograms.values[end].continues(histograms.values[end - 1])
        { end += 1 }
        let before = histogram > 0 ? histograms.values[histogram - 1] : nil
        chunks.append(Self.histograms(histograms, histogram..<end, after: before))
        histogram = end
      }
    }
    return chunks
  }

  private static func numbers(_ samples: SampleColumns, _ range: Range<Int>) -> WrittenChunk {
    var writer = ChunkBitWriter()
    writer.bits(UInt64(range.count), 16)
    let first = range.lowerBound
    writer.varint(samples.timestamps[first])
    writer.bits(samples.values[first].bitPattern, 64)
    var value = XORValueWriter(samples.values[first])
    var step: Int64 = 0
    for index in range.dropFirst() {
      let next = samples.timestamps[index] &- samples.timestamps[index - 1]
      if index == first + 1 {
        writer.unsignedVarint(UInt64(bitPattern: next))
      } else {
        writer.signed(next &- step, widths: [14, 17, 20, 64])
      }
      step = next
      value.write(samples.values[index], to: &writer)
    }
    return WrittenChunk(
      encoding: .xor, bytes: writer.finished, earliest: samples.timestamps[first],
      latest: samples.timestamps[range.upperBound - 1], sampleCount: range.count)
  }

  private static func histograms(
    _ samples: HistogramColumns, _ range: Range<Int>, after before: NativeHistogram?
  ) -> WrittenChunk {
    let first = samples.values[range.lowerBound]
    let whole = range.map { WholeHistogram(samples.values[$0]) }
    let isWhole = whole.allSatisfy { $0 != nil }
    var writer = ChunkBitWriter()
    writer.bits(UInt64(range.count), 16)
    writer.byte(flags(first, after: before))
    writer.layout(first)
    let numbers = range.map { index in
      ChunkRow(samples.values[index], isWhole ? whole[index - range.lowerBound] : nil)
    }
    let times = samples.timestamps[range]
    if isWhole {
      writer.wholeHistograms(numbers.map(\.integers), numbers.map(\.sum), times: Array(times))
    } else {
      writer.floatHistograms(numbers.map(\.floats), numbers.map(\.sum), times: Array(times))
    }
    return WrittenChunk(
      encoding: isWhole ? .histogram : .floatHistogram, bytes: writer.finished,
      earliest: samples.timestamps[range.lowerBound],
      latest: samples.timestamps[range.upperBound - 1], sampleCount: range.count)
  }

  /// What is known of resets between the chunk before and this one.
  private static func flags(_ first: NativeHistogram, after before: NativeHistogram?) -> UInt8 {
    switch first.hint {
    case .gauge: return 0xc0
    case .reset: return 0x80
    case .notReset: return 0x40
    case .unknown:
      guard let before else { return 0 }
      return first.isReset(since: before) ? 0x80 : 0x40
    }
  }
}

/// The numbers of a histogram in the order of chunks: count, zero count, positive and negative
/// buckets.
private struct ChunkRow {
  var integers: [Int64]
  var floats: [Double]
  var sum: Double

  init(_ histogram: NativeHistogram, _ whole: WholeHistogram?) {
    sum = histogram.sum
    if let whole {
      integers =
        [Int64(bitPattern: whole.count), Int64(bitPattern: whole.zeroCount)]
        + (whole.positiveDeltas + whole.negativeDeltas).map(\.zigZagDecoded)
      floats = []
    } else {
      integers = []
      floats =
        [histogram.count, histogram.zeroCount] + histogram.positive.values
        + histogram.negative.values
    }
  }
}

extension NativeHistogram {
  /// Whether a chunk may go on with this histogram after another: same layout, no reset.
  fileprivate func continues(_ before: NativeHistogram) -> Bool {
    schema == before.schema && zeroThreshold == before.zeroThreshold
      && positive.indices == before.positive.indices
      && negative.indices == before.negative.indices && customBounds == before.customBounds
      && (hint == .gauge) == (before.hint == .gauge)
      && (hint == .gauge || !isReset(since: before))
  }
}

extension ChunkBitWriter {
  fileprivate mutating func layout(_ histogram: NativeHistogram) {
    let threshold = histogram.zeroThreshold
    if threshold == 0 {
      byte(0)
    } else if threshold.isNormal, threshold.significand == 1,
      (-243...10).contains(threshold.exponent)
    {
      byte(UInt8(Int(threshold.exponent) + 244))
    } else {
      byte(255)
      bits(threshold.bitPattern, 64)
    }
    varbit(Int64(histogram.schema))
    for side in [histogram.positive, histogram.negative] {
      let spans = side.spans
      unsignedVarbit(UInt64(spans.count))
      for span in spans {
        unsignedVarbit(UInt64(span.length))
        varbit(Int64(span.offset))
      }
    }
    guard histogram.usesCustomBounds else { return }
    unsignedVarbit(UInt64(histogram.customBounds.count))
    for bound in histogram.customBounds {
      let thousandths = (bound * 1000).rounded(.toNearestOrAwayFromZero)
      if bound * 1000 >= 0, bound * 1000 <= 33_554_430, thousandths / 1000 == bound {
        unsignedVarbit(UInt64(thousandths) + 1)
      } else {
        bits(0, 1)
        bits(bound.bitPattern, 64)
      }
    }
  }

  /// Times, counts and buckets as differences of differences, sums as XOR.
  fileprivate mutating func wholeHistograms(
    _ rows: [[Int64]], _ sums: [Double], times: [Int64]
  ) {
    var sum = XORValueWriter(sums[0])
    var steps = [Int64](repeating: 0, count: rows[0].count)
    var timeStep: Int64 = 0
    for (index, row) in rows.enumerated() {
      guard index > 0 else {
        varbit(times[0])
        for number in row.prefix(2) { unsignedVarbit(UInt64(bitPattern: number)) }
        bits(sums[0].bitPattern, 64)
        for number in row.dropFirst(2) { varbit(number) }
        continue
      }
      writeTime(times, index, &timeStep)
      for position in row.indices {
        if position == 2 { sum.write(sums[index], to: &self) }
        let step = row[position] &- rows[index - 1][position]
        varbit(step &- steps[position])
        steps[position] = step
      }
      if row.count == 2 { sum.write(sums[index], to: &self) }
    }
  }

  /// Times as differences of differences, everything else as XOR.
  fileprivate mutating func floatHistograms(
    _ rows: [[Double]], _ sums: [Double], times: [Int64]
  ) {
    var sum = XORValueWriter(sums[0])
    var values = rows[0].map(XORValueWriter.init)
    var timeStep: Int64 = 0
    for (index, row) in rows.enumerated() {
      guard index > 0 else {
        varbit(times[0])
        for number in row.prefix(2) + [sums[0]] + row.dropFirst(2) {
          bits(number.bitPattern, 64)
        }
        continue
      }
      writeTime(times, index, &timeStep)
      for position in row.indices {
        if position == 2 { sum.write(sums[index], to: &self) }
        values[position].write(row[position], to: &self)
      }
      if row.count == 2 { sum.write(sums[index], to: &self) }
    }
  }

  private mutating func writeTime(_ times: [Int64], _ index: Int, _ step: inout Int64) {
    let next = times[index] &- times[index - 1]
    varbit(next &- step)
    step = next
  }
}
