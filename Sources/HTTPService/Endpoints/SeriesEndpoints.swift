import Exposition
import MetricModel
import TimeSeriesStore

/// `/api/v1/labels`, `/api/v1/label/NAME/values` and `/api/v1/series`: what there is to ask for.
struct SeriesEndpoints: Sendable {
  let store: Store
  let options: ServiceOptions

  /// `start`, `end`, `match[]`, `limit`.
  func labelNames(_ request: APIRequest) throws(APIError) -> APIResponse {
    let scope = try Scope(request.parameters, .plain)
    let series = options.series(beside: store)
    let names = try scope.union { (matchers) throws(SelectError) in
      try series.labelNames(matching: matchers, in: scope.range).map(ByteOrderedText.init)
    }
    return scope.response(names)
  }

  /// `start`, `end`, `match[]`, `limit`; the label's name is part of the path.
  func labelValues(_ request: APIRequest) throws(APIError) -> APIResponse {
    let name = EscapedLabelName.decode(request.pathParameter)
    guard !name.isEmpty else {
      throw APIError(.badData, "invalid label name: \(GoText.quoted(name))")
    }
    let scope = try Scope(request.parameters, .plain)
    let series = options.series(beside: store)
    let values = try scope.union { (matchers) throws(SelectError) in
      try series.labelValues(of: name, matching: matchers, in: scope.range)
        .map(ByteOrderedText.init)
    }
    return scope.response(values)
  }

  /// `match[]` at least once, `start`, `end`, `limit`.
  func series(_ request: APIRequest) throws(APIError) -> APIResponse {
    let scope = try Scope(request.parameters, .named)
    guard scope.hasMatchers else { throw APIError(.badData, "no match[] parameter provided") }
    let series = options.series(beside: store)
    let found = try scope.union { (matchers) throws(SelectError) in
      try series.seriesLabels(matching: matchers, in: scope.range)
    }
    return scope.response(found)
  }
}

/// Which series, when, and how many answers: the parameters that the three endpoints share.
private struct Scope {
  let range: TimeRange
  /// One matcher list for each `match[]`; a single empty one, which matches all, when there is
  /// none.
  let selections: [[LabelMatcher]]
  let hasMatchers: Bool
  private let limit: Int?

  init(
    _ parameters: RequestParameters, _ errors: RequestParameters.SelectorErrors
  ) throws(APIError) {
    limit = try parameters.limit()
    let start = try parameters.time("start", default: .earliest)
    let end = try parameters.time("end", default: .latest)
    // Prometheus' metadata ranges hold their start.
    range = TimeRange(after: start.advanced(by: Milliseconds(-1)), through: end)
    let selections = try parameters.selections(errors)
    hasMatchers = !selections.isEmpty
    self.selections = hasMatchers ? selections : [[]]
  }

  /// What any of the selections has, each once; what `select` gives is sorted already.
  func union<Element: Comparable & Hashable>(
    _ select: ([LabelMatcher]) throws(SelectError) -> [Element]
  ) throws(APIError) -> [Element] {
    do {
      if selections.count == 1 { return try select(selections[0]) }
      var found: Set<Element> = []
      for matchers in selections { found.formUnion(try select(matchers)) }
      return found.sorted()
    } catch {
      throw APIError(error)
    }
  }

  func response(_ labels: [Labels]) -> APIResponse {
    let (kept, remarks) = (Array(labels.prefix(limit ?? .max)), remarks(labels.count))
    if let parts = AnswerParts(kept, annotations: remarks) { return .json(parts) }
    return response(kept, remarks) { QueryResultJSON.write($0, to: &$1) }
  }

  func response(_ found: [ByteOrderedText]) -> APIResponse {
    let (kept, remarks) = (found.prefix(limit ?? .max).map(\.text), remarks(found.count))
    if let parts = AnswerParts(kept, annotations: remarks) { return .json(parts) }
    return response(kept, remarks) { $1.string($0) }
  }

  /// Few elements aren't worth being sent in parts.
  private func response<Element>(
    _ few: [Element], _ remarks: [Annotation], write: (Element, inout JSONWriter) -> Void
  ) -> APIResponse {
    .json(
      QueryResultJSON.success(annotations: remarks) { json in
        json.array { json in
          for element in few { write(element, &json) }
        }
      })
  }

  private func remarks(_ count: Int) -> [Annotation] {
    count > limit ?? .max ? [Annotation(.warning, "results truncated due to limit")] : []
  }
}

/// A text that is compared and hashed as UTF-8, as everything about labels is.
private struct ByteOrderedText: Comparable, Hashable {
  let text: String

  static func == (left: ByteOrderedText, right: ByteOrderedText) -> Bool {
    left.text.utf8.elementsEqual(right.text.utf8)
  }

  static func < (left: ByteOrderedText, right: ByteOrderedText) -> Bool {
    left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
  }

  func hash(into hasher: inout Hasher) {
    for byte in text.utf8 { hasher.combine(byte) }
  }
}
