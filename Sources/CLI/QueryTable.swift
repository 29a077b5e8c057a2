import MetricModel

/// Answers as lines for people.
enum QueryTable {
  static func lines(_ value: QueryValue) -> [String] {
    switch value {
    case .scalar(let point): return ["\(NumberText.json(point.value)) @ \(point.time.rfc3339)"]
    case .string(let text, let time): return ["\(GoText.quoted(text)) @ \(time.rfc3339)"]
    case .vector(let samples):
      if samples.isEmpty { return ["(no series)"] }
      let numbers = samples.map { text(of: $0.value) }
      let width = numbers.map(\.count).max() ?? 0
      return zip(numbers, samples).map { number, sample in
        String(repeating: " ", count: width - number.count) + number + "  \(sample.labels)"
      } + ["@ \(samples[0].time.rfc3339)"]
    case .matrix(let series):
      if series.isEmpty { return ["(no series)"] }
      return series.flatMap { series in
        ["\(series.labels)"]
          + rows(of: series.samples).map { time, value in
            "  \(Timestamp(milliseconds: time).rfc3339)  \(text(of: value))"
          }
      }
    }
  }

  private static func text(of value: SampleValue) -> String {
    switch value {
    case .number(let number): NumberText.json(number)
    case .histogram(let histogram): histogram.description
    }
  }

  /// Samples of both kinds, oldest first.
  private static func rows(of samples: SampleColumns) -> [(Int64, SampleValue)] {
    let histograms = samples.histograms
    let numbers = zip(samples.timestamps, samples.values).map { ($0, SampleValue.number($1)) }
    let others = zip(histograms.timestamps, histograms.values).map {
      ($0, SampleValue.histogram($1))
    }
    return others.isEmpty ? numbers : (numbers + others).sorted { $0.0 < $1.0 }
  }
}
