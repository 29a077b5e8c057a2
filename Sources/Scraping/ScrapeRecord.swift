import Exposition
package import MetricModel

/// What a scrape brought.
package enum ScrapeAnswer: Sendable {
  /// A body, decompressed, with its content type.
  case body([UInt8], contentType: String)
  /// Why there is none, such as `server returned HTTP status 503`.
  case failure(String)

  /// What is said of a body beyond its limit.
  package static let bodyTooLarge = "body size limit exceeded"
}

/// What is to be stored after a scrape.
package struct ScrapeOutcome: Sendable {
  /// Samples, markers of staleness where series have gone, the scrape's own metrics (`up`, …).
  package var batch: SampleBatch
  /// Why the scrape failed; nil when it didn't.
  package var error: String?
  /// Samples before and after relabelling.
  package var scraped: Int
  package var added: Int

  /// The error of a scrape with more samples than its job allows.
  package static let tooManySamples = "sample limit exceeded"
}

/// The memory of one target: which series its last scrape had, so that those that go are marked.
///
///     var record = ScrapeRecord()
///     let outcome = record.take(answer, of: target, job, at: time, seconds: duration)
///
/// A scrape that fails, or goes beyond a limit, stores nothing of its own and ends all series.
package struct ScrapeRecord: Sendable {
  /// Series of the last scrape that had no times of their own.
  private var last: Set<Labels> = []
  /// All series of the last scrape.
  private var seen: Set<Labels> = []
  private var reportsLimits = false
  private let labelsTypesAndUnits: Bool
  private let takesCreated: Bool

  /// - Parameters:
  ///   - labelsTypesAndUnits: whether series bear their types and units as labels.
  ///   - takesCreated: whether `_created` samples of OpenMetrics are start times and no series.
  package init(labelsTypesAndUnits: Bool = false, takesCreated: Bool = false) {
    self.labelsTypesAndUnits = labelsTypesAndUnits
    self.takesCreated = takesCreated
  }

  /// - Parameter seconds: how long the scrape took.
  package mutating func take(
    _ answer: ScrapeAnswer, of target: ScrapeTarget, _ job: ScrapeJob, at time: Timestamp,
    seconds: Double
  ) -> ScrapeOutcome {
    var outcome = ScrapeOutcome(batch: SampleBatch(), error: nil, scraped: 0, added: 0)
    var current: Set<Labels> = []
    var all: Set<Labels> = []
    do throws(ScrapeFailure) {
      let parsed = try parse(answer, job, at: time)
      let raw = labelsTypesAndUnits ? parsed.withTypesAndUnits : parsed
      outcome.scraped = raw.count + raw.histograms.count
      var labelled = try LabelledScrape(raw, target, job)
      outcome.added = labelled.sampleCount
      if job.limits.samples > 0 && labelled.sampleCount > job.limits.samples {
        throw ScrapeFailure(message: ScrapeOutcome.tooManySamples)
      }
      outcome.batch = labelled.batch(at: time, honorsTimestamps: job.honorsTimestamps)
      current = labelled.untimed
      all = labelled.series
    } catch {
      outcome.error = error.message
      outcome.scraped = error.scraped ?? outcome.scraped
    }
    for labels in last.subtracting(current).sorted() where !all.contains(labels) {
      let series = outcome.batch.addSeries(labels)
      outcome.batch.append(series: series, time, StaleMarker.value)
    }
    let added = all.subtracting(seen).count
    last = current
    seen = all
    reportsLimits = job.reportsLimits
    var reports = [
      ("up", outcome.error == nil ? 1 : 0), ("scrape_duration_seconds", seconds),
      ("scrape_samples_scraped", Double(outcome.scraped)),
      ("scrape_samples_post_metric_relabeling", Double(outcome.added)),
      ("scrape_series_added", Double(added)),
    ]
    if job.reportsLimits {
      reports += [
        ("scrape_timeout_seconds", target.timeout.seconds),
        ("scrape_sample_limit", Double(job.limits.samples)),
        ("scrape_body_size_bytes", answer.bodyBytes(limits: job.limits)),
      ]
    }
    for (name, value) in reports {
      let labels = target.labels.setting(Labels.metricName, name)
      outcome.batch.append(series: outcome.batch.addSeries(labels), time, value)
    }
    return outcome
  }

  /// What is to be stored when the target has gone: the end of everything it had.
  package mutating func end(of target: ScrapeTarget.Identity, at time: Timestamp) -> SampleBatch {
    var batch = SampleBatch()
    let own = (Self.reports + (reportsLimits ? Self.limitReports : []))
      .map { target.labels.setting(Labels.metricName, $0) }
    for labels in last.sorted() + own {
      batch.append(series: batch.addSeries(labels), time, StaleMarker.value)
    }
    last = []
    seen = []
    return batch
  }

  private static let reports = [
    "up", "scrape_duration_seconds", "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling", "scrape_series_added",
  ]
  private static let limitReports = [
    "scrape_timeout_seconds", "scrape_sample_limit", "scrape_body_size_bytes",
  ]

  private func parse(
    _ answer: ScrapeAnswer, _ job: ScrapeJob, at time: Timestamp
  ) throws(ScrapeFailure) -> SampleBatch {
    switch answer {
    case .failure(let message): throw ScrapeFailure(message: message)
    case .body(let bytes, let contentType):
      if job.limits.bodyBytes > 0 && bytes.count > job.limits.bodyBytes {
        throw ScrapeFailure(message: ScrapeAnswer.bodyTooLarge)
      }
      let type = try ScrapeProtocol.mediaType(of: contentType, fallback: job.fallbackProtocol)
      do {
        switch type {
        case ScrapeProtocol.prometheusProto.mediaType:
          return try MetricFamilyParser.parse(
            bytes, untimedAt: time, histograms: job.histogramChoice)
        case ScrapeProtocol.openMetricsText100.mediaType:
          let batch = try OpenMetricsParser.parse(bytes, untimedAt: time)
          return takesCreated ? batch.takingCreated : batch
        default: return try TextParser.parse(bytes, untimedAt: time)
        }
      } catch {
        throw ScrapeFailure(message: "\(error)")
      }
    }
  }
}

extension ScrapeAnswer {
  /// The size as `scrape_body_size_bytes` tells it: -1 for one beyond the limit, 0 for none.
  fileprivate func bodyBytes(limits: ScrapeLimits) -> Double {
    switch self {
    case .failure(ScrapeAnswer.bodyTooLarge): -1
    case .failure: 0
    case .body(let bytes, _):
      limits.bodyBytes > 0 && bytes.count > limits.bodyBytes ? -1 : Double(bytes.count)
    }
  }
}

extension ScrapeJob {
  /// Which series a histogram of protobuf becomes.
  fileprivate var histogramChoice: MetricFamilyParser.HistogramChoice {
    if !takesNativeHistograms { return .classic }
    return keepsClassicHistograms ? .both : .native
  }
}

/// Why nothing of a scrape is stored.
struct ScrapeFailure: Error {
  var message: String
  /// How many samples had been looked at, where that isn't all of them.
  var scraped: Int?
}

/// A scrape whose series have the labels under which they are stored.
private struct LabelledScrape {
  private let raw: SampleBatch
  /// For each series of the scrape its labels, nil for one that is dropped.
  private let labels: [Labels?]
  private(set) var untimed: Set<Labels> = []
  private(set) var series: Set<Labels> = []

  init(_ raw: SampleBatch, _ target: ScrapeTarget, _ job: ScrapeJob) throws(ScrapeFailure) {
    self.raw = raw
    var all: [Labels?] = []
    for scraped in raw.labels {
      let merged = Self.merged(scraped, target.labels, honors: job.honorsLabels)
      guard let relabelled = RelabelRule.apply(job.metricRelabelings, to: merged),
        !relabelled.isEmpty
      else {
        all.append(nil)
        continue
      }
      guard relabelled[Labels.metricName] != nil else {
        throw ScrapeFailure(
          message: "metric name is missing after relabelling of \(scraped.description)")
      }
      if var excess = Self.excess(relabelled, job.limits) {
        let series = UInt32(all.count)
        excess.scraped = raw.series.firstIndex(of: series).map { $0 + 1 }
        throw excess
      }
      all.append(relabelled)
    }
    labels = all
  }

  var sampleCount: Int {
    raw.series.count { labels[Int($0)] != nil }
      + raw.histograms.count { labels[Int($0.series)] != nil }
  }

  /// Labels of the target win and move the others to `exported_…`, or give way if so configured.
  private static func merged(_ scraped: Labels, _ target: Labels, honors: Bool) -> Labels {
    var builder = LabelsBuilder(scraped)
    var conflicts: [(name: String, value: String)] = []
    target.forEach { name, value in
      let name = String(decoding: name, as: UTF8.self)
      let existing = scraped[name]
      if honors && existing != nil { return }
      if let existing { conflicts.append((name, existing)) }
      builder.set(name, String(decoding: value, as: UTF8.self))
    }
    for (name, value) in conflicts.sorted(by: { $0.name.utf8.count < $1.name.utf8.count }) {
      var exported = "exported_" + name
      while builder.labels[exported] != nil { exported = "exported_" + exported }
      builder.set(exported, value)
    }
    return builder.labels
  }

  /// What is wrong with labels beyond a limit.
  private static func excess(_ labels: Labels, _ limits: ScrapeLimits) -> ScrapeFailure? {
    let metric = String(labels.metricName.prefix(50))
    if limits.labels > 0, labels.count > limits.labels {
      return ScrapeFailure(
        message: "label_limit exceeded (metric: \(metric), number of labels: \(labels.count), "
          + "limit: \(limits.labels))")
    }
    guard limits.labelNameLength > 0 || limits.labelValueLength > 0 else { return nil }
    var excess: String?
    labels.forEach { name, value in
      let text = String(decoding: name, as: UTF8.self).prefix(50)
      if limits.labelNameLength > 0, name.count > limits.labelNameLength {
        excess =
          "label_name_length_limit exceeded (metric: \(metric), label name: \(text), "
          + "length: \(name.count), limit: \(limits.labelNameLength))"
      } else if limits.labelValueLength > 0, value.count > limits.labelValueLength {
        let shown = GoText.quoted(String(String(decoding: value, as: UTF8.self).prefix(50)))
        excess =
          "label_value_length_limit exceeded (metric: \(metric), label name: \(text), "
          + "value: \(shown), length: \(value.count), limit: \(limits.labelValueLength))"
      }
    }
    return excess.map { ScrapeFailure(message: $0) }
  }

  /// The samples under their labels; series with times of their own are not marked when they go.
  mutating func batch(at time: Timestamp, honorsTimestamps: Bool) -> SampleBatch {
    var batch = SampleBatch()
    var numbers: [UInt32?] = []
    for labels in labels { numbers.append(labels.map { batch.addSeries($0) }) }
    func noted(_ series: UInt32, _ own: Timestamp) -> (number: UInt32, time: Timestamp)? {
      guard let number = numbers[Int(series)] else { return nil }
      let kept = honorsTimestamps ? own : time
      let labels = batch.labels[Int(number)]
      self.series.insert(labels)
      if kept == time { untimed.insert(labels) }
      return (number, kept)
    }
    for row in 0..<raw.count {
      let own = Timestamp(milliseconds: raw.timestamps[row])
      guard let (number, kept) = noted(raw.series[row], own) else { continue }
      let start = raw.startTimes.isEmpty ? 0 : raw.startTimes[row]
      batch.append(
        series: number, kept, raw.values[row],
        startTime: start == 0 ? nil : Timestamp(milliseconds: start))
    }
    for row in raw.histograms {
      guard let (number, kept) = noted(row.series, row.time) else { continue }
      batch.append(
        HistogramRow(
          series: number, time: kept, startTime: row.startTime, histogram: row.histogram))
    }
    for row in raw.exemplars {
      guard let number = numbers[Int(row.series)] else { continue }
      batch.append(ExemplarRow(series: number, exemplar: row.exemplar))
    }
    for metadata in raw.metadata { batch.append(metadata) }
    return batch
  }
}
