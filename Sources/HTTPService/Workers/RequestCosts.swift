import MetricModel
import Synchronization

/// How long requests took when they last came, so that small ones are answered where they arrive.
///
///     costs.note(question, .microseconds(90))
///     costs.isSmall(question)                   // true from now on
///
/// To hand a request to another thread, and its answer back, wakes two threads, which costs as
/// much as a small query does. A query's text doesn't say how much work it is; but dashboards,
/// alerts and controllers ask the same again and again, and nothing but the time moves.
final class RequestCosts: Sendable {
  /// What a request asks.
  struct Question: Equatable {
    /// Equal for requests that differ in their times only.
    var kind: Int
    /// From start to end in milliseconds.
    var span: Int64
  }

  private struct Cost {
    var span: Int64
    var duration: Duration
  }

  /// What takes longer would keep the other connections of a thread waiting.
  private static let smallMax = Duration.milliseconds(1)
  /// Kinds remembered; past this, all are forgotten.
  private let kindsMax: Int
  private let costs = Mutex<[Int: Cost]>([:])

  init(kindsMax: Int = 4096) {
    self.kindsMax = kindsMax
  }

  /// Whether the same was asked before, over as much time, and took little.
  func isSmall(_ question: Question) -> Bool {
    guard let cost = costs.withLock({ $0[question.kind] }) else { return false }
    return cost.duration <= Self.smallMax && question.span <= cost.span
  }

  func note(_ question: Question, _ duration: Duration) {
    costs.withLock { costs in
      if costs.count >= kindsMax && costs[question.kind] == nil { costs.removeAll() }
      costs[question.kind] = Cost(span: question.span, duration: duration)
    }
  }
}

extension RequestCosts.Question {
  /// - Parameter route: the path as the map of routes has it.
  init(_ route: String, _ request: APIRequest, _ encoding: ContentEncoding?) {
    var hasher = Hasher()
    hasher.combine(route)
    hasher.combine(encoding)
    hasher.combine(request.pathParameter)
    kind = hasher.finalize() ^ request.parameters.digest(without: ["start", "end", "time"])
    // What has no start or no end is all there is.
    let start = try? request.parameters.time("start")
    let end = try? request.parameters.time("end")
    span =
      if let start, let end { end.since(start).count } else { .max }
  }
}
