import MetricModel
import PromQL

/// Short ways to ask, and to write down answers.
struct Recording {
  var series: [Series] = []

  /// One series: `values` from time zero on, one a minute; nil leaves one out.
  mutating func add(_ name: String, _ labels: [(String, String)] = [], _ values: [Double?]) {
    var samples = SampleColumns()
    for (index, value) in values.enumerated() {
      if let value { samples.append(Self.minute(index), value) }
    }
    let named = Labels([("__name__", name)] + labels)
    series.append(Series(labels: named, samples: samples))
  }

  static func minute(_ number: Int) -> Timestamp {
    Timestamp(milliseconds: Int64(number) * 60_000)
  }

  func instant(
    _ text: String, minute: Int, options: QueryOptions = .everything,
    limits: QueryLimits = QueryLimits()
  ) throws -> QueryAnswer {
    try Query(text, options: options).instant(
      at: Self.minute(minute), from: InMemorySeries(series), limits: limits)
  }

  func range(
    _ text: String, minutes: ClosedRange<Int>, options: QueryOptions = .everything,
    limits: QueryLimits = QueryLimits()
  ) throws -> QueryAnswer {
    let grid = StepGrid(
      start: Self.minute(minutes.lowerBound), step: .minutes(1), count: minutes.count)
    return try Query(text, options: options).range(
      over: grid, from: InMemorySeries(series), limits: limits)
  }

  /// The error's text.
  func failure(_ text: String, minute: Int) -> String {
    do {
      return "answered \(try instant(text, minute: minute).value)"
    } catch let error as QueryError {
      return error.description
    } catch {
      return "\(error)"
    }
  }
}

extension QueryAnswer {
  /// One line for each series, `name{label="value"} 1 2`, times left out.
  var lines: [String] {
    switch value {
    case .scalar(let point): [NumberText.plain(point.value)]
    case .string(let text, _): [text]
    case .vector(let samples):
      samples.map { sample in
        switch sample.value {
        case .number(let value): "\(sample.labels) \(NumberText.plain(value))"
        case .histogram(let histogram): "\(sample.labels) \(histogram)"
        }
      }
    case .matrix(let series):
      series.map { one in
        "\(one.labels) \(one.samples.values.map(NumberText.plain).joined(separator: " "))"
      }
    }
  }
}

extension QueryOptions {
  /// With all that is experimental.
  static let everything = QueryOptions(features: QueryFeature.language)
}
