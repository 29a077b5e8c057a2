package import MetricModel
package import Scraping

/// What is known of a target that is scraped.
package struct TargetReport: Sendable {
  package enum Health: String, Sendable {
    case unknown
    case up
    case down
  }

  package var target: ScrapeTarget
  package var health = Health.unknown
  /// Why the last scrape failed; "" when it didn't.
  package var lastError = ""
  package var lastScrape: Timestamp?
  package var lastSeconds = 0.0
  /// What the last good scrape said of its families.
  package var metadata: [MetricMetadata] = []

  init(_ target: ScrapeTarget) { self.target = target }
}

/// What a server tells of its scraping.
package struct ScrapeStatus: Sendable {
  /// The jobs in the order of the configuration.
  package var jobs: [String] = []
  /// In the order of jobs, then of labels.
  package var active: [TargetReport] = []
  /// Labels of what relabelling dropped, with the job.
  package var dropped: [(job: Int, labels: Labels)] = []
  package var counters = ScrapeCounters()

  package init() {}
}

/// Events since the start.
package struct ScrapeCounters: Sendable {
  package var scrapes = 0
  package var failures = 0
  package var bodyLimitExceeded = 0
  package var sampleLimitExceeded = 0
  package var targetLimitExceeded = 0
  /// Samples at a time for which the store has another value.
  package var duplicates = 0
  /// Samples older than the store takes.
  package var outOfOrder = 0
  package var exemplarsOutOfOrder = 0
}
