import Foundation
import MetricModel
import PromQL

/// What a query answered, in a form in which two engines can be compared.
enum DifferentialAnswer: Sendable {
  /// Points by labels and time; scalars have no labels.
  case values([String: [Int64: Double]])
  case failed(String)

  /// Prometheus' JSON.
  init(json: Foundation.Data) throws {
    guard
      let envelope = try JSONSerialization.jsonObject(with: json) as? [String: Any],
      let data = envelope["data"] as? [String: Any], let type = data["resultType"] as? String
    else { throw PrometheusPeer.Failure(description: "an answer without data") }
    var values: [String: [Int64: Double]] = [:]
    func enter(_ labels: String, _ point: Any?) {
      guard let pair = point as? [Any], pair.count == 2, let time = pair[0] as? Double,
        let text = pair[1] as? String
      else { return }
      let value = NumberText.parse(text) ?? .nan
      values[labels, default: [:]][Int64((time * 1000).rounded())] = value
    }
    if type == "scalar" {
      enter("{}", data["result"])
    } else {
      for row in data["result"] as? [[String: Any]] ?? [] {
        let metric = row["metric"] as? [String: String] ?? [:]
        let labels = Labels(metric.map { ($0.key, $0.value) }).description
        enter(labels, row["value"])
        for point in row["values"] as? [Any] ?? [] { enter(labels, point) }
      }
    }
    self = .values(values)
  }

  /// This engine's answer.
  init(
    _ text: String, _ evaluation: Evaluation, from source: any SeriesSource, lookback: Int64,
    features: Set<QueryFeature> = []
  ) {
    var options = QueryOptions(features: features)
    options.lookback = Milliseconds(lookback)
    do {
      let query = try Query(text, options: options)
      let answer: QueryAnswer
      switch evaluation {
      case .instant(let time):
        answer = try query.instant(at: Timestamp(milliseconds: time), from: source)
      case .range(let start, let end, let step):
        let grid = StepGrid(
          start: Timestamp(milliseconds: start), step: Milliseconds(step),
          count: Int((end - start) / step) + 1)
        answer = try query.range(over: grid, from: source)
      }
      self = .values(Self.values(answer.value))
    } catch {
      self = .failed("\(error)")
    }
  }

  private static func values(_ value: QueryValue) -> [String: [Int64: Double]] {
    var values: [String: [Int64: Double]] = [:]
    switch value {
    case .scalar(let point): values["{}"] = [point.time.milliseconds: point.value]
    case .string: break
    case .vector(let samples):
      for sample in samples {
        values[sample.labels.description] = [
          sample.time.milliseconds: sample.value.number ?? .nan
        ]
      }
    case .matrix(let series):
      for row in series {
        values[row.labels.description] = Dictionary(
          uniqueKeysWithValues: zip(row.samples.timestamps, row.samples.values))
      }
    }
    return values
  }

  /// The first difference, nil when there is none.
  ///
  /// Two engines add in another order, and one compensates where the other doesn't: numbers agree
  /// to 1e-8 of the larger. What a change of the data in its last bits does as well is no
  /// difference either: slopes of a few values around 1e17, for instance, are nothing but rounding.
  ///
  /// - Parameter shaken: this engine's answers on such data.
  func difference(
    from other: DifferentialAnswer, shaken: [DifferentialAnswer] = []
  ) -> String? {
    switch (self, other) {
    case (.failed, .failed): return nil
    case (.failed(let reason), .values): return "failed: \(reason)"
    case (.values, .failed(let reason)): return "the other failed: \(reason)"
    case (.values(let ours), .values(let theirs)):
      for labels in Set(ours.keys).union(theirs.keys).sorted() {
        let (left, right) = (ours[labels] ?? [:], theirs[labels] ?? [:])
        for time in Set(left.keys).union(right.keys).sorted() {
          let others = shaken.map { $0.point(labels, time) }
          if Self.agree(left[time], right[time], shaken: others) { continue }
          guard let mine = left[time] else { return "\(labels) lacks the point at \(time)" }
          guard let other = right[time] else { return "\(labels) has a point at \(time)" }
          return "\(labels) at \(time): got \(mine), want \(other)"
        }
      }
      return nil
    }
  }

  /// Whether no point differs by more than a part of the greatest magnitude that went into it.
  ///
  /// - Parameter extremes: the greatest and the least of what was added up.
  func agrees(with other: DifferentialAnswer, within part: Double, of extremes: [Self]) -> Bool {
    guard case .values(let ours) = self, case .values(let theirs) = other,
      ours.mapValues({ Set($0.keys) }) == theirs.mapValues({ Set($0.keys) })
    else { return false }
    for (labels, points) in ours {
      for (time, mine) in points {
        let magnitude = extremes.compactMap { $0.point(labels, time)?.magnitude }.max() ?? 0
        guard let other = theirs[labels]?[time] else { return false }
        let isClose = Self.areClose(mine, other)
        guard isClose || (mine - other).magnitude <= part * magnitude else { return false }
      }
    }
    return true
  }

  private func point(_ labels: String, _ time: Int64) -> Double? {
    guard case .values(let values) = self else { return nil }
    return values[labels]?[time]
  }

  /// Whether two points agree, or differ by no more than sixteen times what shaken data change.
  private static func agree(_ mine: Double?, _ other: Double?, shaken: [Double?]) -> Bool {
    guard let mine, let other else {
      return (mine == nil) == (other == nil) || shaken.contains { ($0 == nil) == (other == nil) }
    }
    if areClose(mine, other) { return true }
    return shaken.contains { point in
      guard let point else { return false }
      return areClose(point, other) || (mine - other).magnitude <= 16 * (mine - point).magnitude
    }
  }

  private static func areClose(_ left: Double, _ right: Double) -> Bool {
    if left == right || (left.isNaN && right.isNaN) { return true }
    guard left.isFinite, right.isFinite else { return false }
    return (left - right).magnitude <= 1e-8 * max(left.magnitude, right.magnitude)
  }
}
