internal import MetricModel

/// How far classic histogram buckets had to be bent to rise; all cases of one metric merge.
struct MonotonicityDetail: Equatable {
  var firstTime: Int64
  var lastTime: Int64
  var lowestBound: Double
  var highestBound: Double
  var greatestDifference: Double
  var count = 1

  func merged(with other: MonotonicityDetail) -> MonotonicityDetail {
    MonotonicityDetail(
      firstTime: min(firstTime, other.firstTime), lastTime: max(lastTime, other.lastTime),
      lowestBound: min(lowestBound, other.lowestBound),
      highestBound: max(highestBound, other.highestBound),
      greatestDifference: max(greatestDifference, other.greatestDifference),
      count: count + other.count)
  }

  var text: String {
    ", from buckets \(NumberText.general(lowestBound)) to \(NumberText.general(highestBound))"
      + ", with a max diff of \(GoFormat.twoDigits(greatestDifference)), over \(count) samples"
      + " from \(GoFormat.time(firstTime)) to \(GoFormat.time(lastTime))"
  }
}

/// The remarks of one query, each once.
///
/// As in Prometheus, remarks of equal text are one remark, even when they come from different
/// places of the query; the first place is kept.
struct AnnotationLog: Sendable {
  private var places: [Remark: SourceRange] = [:]
  private var details: [Remark: MonotonicityDetail] = [:]
  private var counts: [Remark: Int] = [:]
  /// What other engines said.
  private var quoted: Set<Annotation> = []

  mutating func quote(_ annotations: [Annotation]) { quoted.formUnion(annotations) }

  /// - Parameter count: how often; only what is said of start times tells.
  mutating func add(_ remark: Remark, at range: SourceRange, count: Int = 1) {
    if places[remark] == nil { places[remark] = range }
    if case .metric(.startTimeOverlap, _) = remark { counts[remark, default: 0] += count }
  }

  mutating func add(_ remark: Remark, _ detail: MonotonicityDetail, at range: SourceRange) {
    add(remark, at: range)
    details[remark] = details[remark].map { $0.merged(with: detail) } ?? detail
  }

  /// Takes in what was said later.
  mutating func merge(_ other: AnnotationLog) {
    for (remark, place) in other.places where places[remark] == nil { places[remark] = place }
    details.merge(other.details) { $0.merged(with: $1) }
    counts.merge(other.counts) { $0 + $1 }
    quoted.formUnion(other.quoted)
  }

  /// Sorted, with positions in `query`.
  func rendered(in query: String) -> [Annotation] {
    let own = places.map { remark, range in
      let position = range.position(in: query)
      let detail = details[remark]?.text ?? ""
      let count = counts[remark].map { $0 > 1 ? " (\($0) occurrences)" : "" } ?? ""
      let prefix = remark.severity == .info ? "PromQL info: " : "PromQL warning: "
      return Annotation(
        remark.severity,
        "\(prefix)\(remark.text)\(detail)\(count) (\(position.line):\(position.column))")
    }
    return (own + quoted).sorted()
  }
}
