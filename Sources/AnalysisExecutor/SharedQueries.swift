package import Analysis
package import MetricModel

/// Lets measurements that ask the same share one answer: those of many runs of one template, whose
/// times fall into the same second.
///
/// Measurement times have whole seconds in Argo's status, so nobody can tell the difference. Only
/// instant queries are shared; windows of comparisons belong to their runs.
package actor SharedQueries: MetricSource {
  private struct Key: Hashable {
    var text: String
    var server: ProviderEndpoint
    var second: Int64
  }

  private let source: any MetricSource
  private var answers: [Key: Task<MeasurementAnswer, Never>] = [:]
  private var latestSecond = Int64.min
  /// How many measurements were answered, and how many of them by another's answer.
  package private(set) var count = (all: 0, shared: 0)

  package init(_ source: any MetricSource) {
    self.source = source
  }

  package func answer(
    _ request: MeasurementRequest, of run: String, at now: Timestamp
  ) async -> MeasurementAnswer {
    count.all += 1
    guard request.queries.count == 1, let query = request.queries.first,
      case .instant(let time) = query.evaluation
    else { return await source.answer(request, of: run, at: now) }
    let second = time.milliseconds.flooredDivision(by: 1000).quotient
    if second > latestSecond {
      answers = answers.filter { $0.key.second >= second - 1 }
      latestSecond = second
    }
    let key = Key(text: query.text, server: query.server, second: second)
    if let task = answers[key] {
      count.shared += 1
      return await task.value
    }
    let task = Task { [source] in await source.answer(request, of: run, at: now) }
    answers[key] = task
    let answer = await task.value
    // What failed may be asked again at once.
    if case .failed = answer { answers[key] = nil }
    return answer
  }
}
