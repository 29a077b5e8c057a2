package import MetricModel

/// The traffic of a service as it was recorded: what is usual, and what is quiet.
///
///     let traffic = RecordedTraffic(requests: answer, bad: badAnswer)
///     traffic?.usual                  // 96 requests a second
///     traffic?.badShare               // 0.004
package struct RecordedTraffic: Equatable, Sendable {
  /// The median over time, in requests a second.
  package let usual: Double
  /// What is undercut a tenth of the time.
  package let quiet: Double
  /// Bad events of all requests; nil where none were asked for.
  package let badShare: Double?

  /// Takes the answers of range queries, whose series are added up at each step.
  ///
  /// - Returns: nil without numbers.
  package init?(requests: QueryValue, bad: QueryValue? = nil) {
    let rates = Self.sums(requests)
    guard !rates.isEmpty else { return nil }
    let sorted = rates.values.sorted()
    usual = sorted[sorted.count / 2]
    quiet = sorted[sorted.count / 10]
    guard let bad else {
      badShare = nil
      return
    }
    let badRates = Self.sums(bad)
    let all = rates.sorted { $0.key < $1.key }.reduce(0) { $0 + $1.value }
    let sum = badRates.sorted { $0.key < $1.key }.reduce(0) { $0 + $1.value }
    badShare = all > 0 ? sum / all : nil
  }

  private static func sums(_ value: QueryValue) -> [Int64: Double] {
    guard case .matrix(let series) = value else { return [:] }
    var sums: [Int64: Double] = [:]
    for one in series {
      for (time, rate) in zip(one.samples.timestamps, one.samples.values) where rate.isFinite {
        sums[time, default: 0] += rate
      }
    }
    return sums
  }
}
