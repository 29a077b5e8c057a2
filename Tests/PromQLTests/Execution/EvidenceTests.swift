import Foundation
import MetricModel
import PromQL
import Testing

/// How often the statistical functions see a difference where there is none, asked as queries.
@Suite struct EvidenceTests {
  private static let groups = 300

  /// A standard normal number by Box and Muller.
  private static func normal(_ random: inout RandomSeries) -> Double {
    let u = Double.random(in: 1e-300..<1, using: &random)
    return (-2 * log(u)).squareRoot() * cos(2 * .pi * Double.random(in: 0..<1, using: &random))
  }

  private func count(_ text: String, _ series: [Series], minute: Int) throws -> Double {
    let answer = try Query("count(\(text)) or vector(0)", options: .everything)
      .instant(at: Recording.minute(minute), from: InMemorySeries(series))
    guard case .vector(let samples) = answer.value else { return .nan }
    return samples.first?.value.number ?? .nan
  }

  /// Values that keep four fifths of their distance from the mean from minute to minute: taken for
  /// independent ones, a third of the groups would differ.
  @Test func `samples that hang together don't make differences`() throws {
    var random = RandomSeries(seed: 11)
    var recording = Recording()
    for group in 0..<Self.groups {
      for side in ["a", "b"] {
        var value = Self.normal(&random) / 0.6
        let values = (0..<60).map { _ -> Double? in
          value = 0.8 * value + Self.normal(&random)
          return value
        }
        recording.add("x", [("g", "\(group)"), ("v", side)], values)
      }
    }
    for function in ["welch_t", "mann_whitney_u"] {
      let windows = #"\#(function) on (g) (x{v="a"}[1h], x{v="b"}[1h], "p") < 0.05"#
      let found = try count(windows, recording.series, minute: 59)
      // 15 expected; 26 is exceeded once in 300 runs of an exact test.
      #expect(found <= 26, "\(function) found \(found)")
    }
    let sequential = #"sequential_welch_t on (g) (x{v="a"}[1h], x{v="b"}[1h], "e") > 20"#
    #expect(try count(sequential, recording.series, minute: 59) <= 26)
  }

  /// Asked every two minutes from the start of the canary on; it counts whether it ever fired.
  @Test func `an e-value may be asked for again and again`() throws {
    var random = RandomSeries(seed: 12)
    var recording = Recording()
    let groups = 60
    for group in 0..<groups {
      for side in ["a", "b"] {
        var (errors, requests) = (0.0, 0.0)
        var counts: (errors: [Double?], requests: [Double?]) = ([], [])
        for _ in 0..<60 {
          counts.errors.append(errors)
          counts.requests.append(requests)
          for _ in 0..<50 where Double.random(in: 0..<1, using: &random) < 0.1 { errors += 1 }
          requests += 50
        }
        recording.add("errors_total", [("g", "\(group)"), ("v", side)], counts.errors)
        recording.add("requests_total", [("g", "\(group)"), ("v", side)], counts.requests)
      }
    }
    let comparison = #"""
      sequential_two_proportions on (g) (
        errors_total{v="a"}[2h], requests_total{v="a"}[2h],
        errors_total{v="b"}[2h], requests_total{v="b"}[2h], "e")
      """#
    let ever = "max_over_time(\(comparison)[1h:2m]) > 20"
    // At most 3 expected.
    #expect(try count(ever, recording.series, minute: 59) <= 8)
    let doubled = recording.series.map { series in
      var series = series
      guard series.labels["v"] == "a", series.labels.metricName == "errors_total" else {
        return series
      }
      series.samples.values = series.samples.values.map { $0 * 2 }
      return series
    }
    #expect(try count(ever, doubled, minute: 59) >= Double(groups) * 0.9)
  }
}
