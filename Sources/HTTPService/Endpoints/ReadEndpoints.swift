import Exposition
import MetricModel
import PromQL
import Rules
import TimeSeriesStore

/// Series as they are, for other servers: `/api/v1/read` and `/federate`.
struct ReadEndpoints: Sendable {
  let store: Store
  let options: ServiceOptions

  /// What Prometheus allows for an answer of the kind `samples`.
  private static let samplesMax = 50_000_000

  /// Remote read, both kinds of answers.
  func read(_ request: APIRequest) throws(APIError) -> APIResponse {
    let asked: ReadRequest
    do {
      let message = try RemoteWrite.decompressed(
        request.body, bytesMax: options.decodedWriteBytesMax)
      asked = try ReadRequest(message: message)
    } catch {
      return .text("\(error)\n", status: 400)
    }
    if asked.answer == .chunks { return try chunks(asked, request) }
    var results: [[Series]] = []
    var samples = 0
    for query in asked.queries {
      let found = try series(matching: query.matchers, in: query.range, request)
      samples += found.reduce(0) { $0 + $1.samples.count + $1.samples.histograms.count }
      guard samples <= Self.samplesMax else {
        return .text(
          "exceeded sample limit (\(Self.samplesMax)): ask for less time or fewer series\n",
          status: 400)
      }
      results.append(found)
    }
    return APIResponse(
      status: 200, contentType: asked.answer.contentType,
      headers: ["Content-Encoding": "snappy"], body: ReadAnswer.samples(results))
  }

  /// A stream of chunks, each read when the client has taken what came before.
  private func chunks(
    _ asked: ReadRequest, _ request: APIRequest
  ) throws(APIError) -> APIResponse {
    let series = options.series(beside: store)
    var selections: [(series: any SeriesSelection, range: TimeRange)] = []
    do {
      for query in asked.queries {
        selections.append((try series.select(query.matchers, in: query.range), query.range))
      }
    } catch {
      throw APIError(.internal, error.description)
    }
    return APIResponse(
      status: 200, contentType: asked.answer.contentType, body: [],
      parts: ChunkParts(selections, isAbandoned: request.isAbandoned))
  }

  /// `match[]`: the newest sample within the lookback of every series named, as text.
  func federate(_ request: APIRequest) throws(APIError) -> APIResponse {
    let now = options.now()
    let lookback = options.queries.lookback
    let range = TimeRange(after: now.advanced(by: Milliseconds(-lookback.count)), through: now)
    var newest: [Labels: (time: Int64, value: Double)] = [:]
    for text in request.parameters.all("match[]") {
      let matchers: [LabelMatcher]
      do {
        matchers = try Parser.parseSelector(text).matchers
      } catch {
        return .text("\(error)\n", status: 400)
      }
      for series in try series(matching: matchers, in: range, request) {
        guard let time = series.samples.timestamps.last, let value = series.samples.values.last,
          !value.isStaleMarker, !series.labels.metricName.isEmpty,
          time >= series.samples.histograms.timestamps.last ?? .min
        else { continue }
        newest[series.labels] = (time, value)
      }
    }
    let rows = newest.sorted {
      ($0.key.metricName, $0.key) < ($1.key.metricName, $1.key)
    }
    var lines: [String] = []
    var family = ""
    for (labels, sample) in rows {
      if labels.metricName != family {
        family = labels.metricName
        lines.append("# TYPE \(family) untyped")
      }
      lines.append(
        "\(outside(labels)) \(NumberText.general(sample.value)) \(sample.time)")
    }
    return APIResponse(
      status: 200, contentType: "text/plain; version=0.0.4; charset=utf-8; escaping=values",
      body: Array(lines.map { $0 + "\n" }.joined().utf8))
  }

  /// A series as federation spells it: the server's external labels where it lacks them, and an
  /// `instance` in any case, so that the scraper doesn't put its own there.
  private func outside(_ labels: Labels) -> String {
    var pairs = labels.pairs.filter { $0.name != Labels.metricName }
    for external in options.rules.environment.externalLabels + [Self.noInstance]
    where !pairs.contains(where: { $0.name == external.name }) {
      pairs.append((external.name, external.value))
    }
    let inner = pairs.map { pair in
      "\(LabelName.isLegacy(pair.name) ? pair.name : GoText.quoted(pair.name))="
        + Self.quoted(pair.value)
    }
    let name = labels.metricName
    guard LabelName.isLegacyMetricName(name) else {
      return "{\(([Self.quoted(name)] + inner).joined(separator: ","))}"
    }
    return "\(name){\(inner.joined(separator: ","))}"
  }

  private static let noInstance = LabelPair(name: "instance", value: "")

  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": quoted += "\\\\"
      case "\"": quoted += "\\\""
      case "\n": quoted += "\\n"
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }

  private func series(
    matching matchers: [LabelMatcher], in range: TimeRange, _ request: APIRequest
  ) throws(APIError) -> [Series] {
    do {
      let selection = try options.series(beside: store).select(matchers, in: range)
      let reader = selection.reader()
      var found: [Series] = []
      for (index, labels) in selection.labels.enumerated() {
        if request.isAbandoned() { break }
        var samples = SampleColumns()
        try reader.read(index, in: range, into: &samples)
        if !samples.isEmpty { found.append(Series(labels: labels, samples: samples)) }
      }
      return found
    } catch {
      throw APIError(.internal, error.description)
    }
  }
}
