import MetricModel

/// Answers as lines for people.
enum QueryTable {
  static func lines(_ value: QueryValue) -> [String] {
    switch value {
    case .scalar(let point): return ["\(NumberText.json(point.value)) @ \(point.time.rfc3339)"]
    case .string(let text, let time): return ["\(GoText.quoted(text)) @ \(time.rfc3339)"]
    case .vector(let samples):
      if samples.isEmpty { return ["(no series)"] }
      let numbers = samples.map { NumberText.json($0.point.value) }
      let width = numbers.map(\.count).max() ?? 0
      return zip(numbers, samples).map { number, sample in
        String(repeating: " ", count: width - number.count) + number + "  \(sample.labels)"
      } + ["@ \(samples[0].point.time.rfc3339)"]
    case .matrix(let series):
      if series.isEmpty { return ["(no series)"] }
      return series.flatMap { series in
        ["\(series.labels)"]
          + zip(series.samples.timestamps, series.samples.values).map { time, value in
            "  \(Timestamp(milliseconds: time).rfc3339)  \(NumberText.json(value))"
          }
      }
    }
  }
}
