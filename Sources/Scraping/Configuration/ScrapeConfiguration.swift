package import MetricModel

/// The part of a `prometheus.yml` that says what to scrape, and how.
///
///     let (configuration, notes) = try ScrapeConfiguration.read(document)
///     for note in notes { warn(note) }        // what isn't supported, with its line
package struct ScrapeConfiguration: Equatable, Sendable {
  package var jobs: [ScrapeJob]
  /// Added to what leaves for other systems; not to stored samples.
  package var externalLabels: Labels

  package init(jobs: [ScrapeJob], externalLabels: Labels = .empty) {
    self.jobs = jobs
    self.externalLabels = externalLabels
  }
}

/// One entry of `scrape_configs`.
package struct ScrapeJob: Equatable, Sendable {
  package var name: String
  package var interval: Milliseconds
  package var timeout: Milliseconds
  package var metricsPath = "/metrics"
  package var scheme = "http"
  /// Query parameters, names ascending, each with its values.
  package var parameters: [ScrapeParameter] = []
  /// Whether labels of the exposition win over those of the target.
  package var honorsLabels = false
  /// Whether times in the exposition are kept.
  package var honorsTimestamps = true
  /// Whether the classic series of a native histogram are kept beside it.
  package var keepsClassicHistograms = false
  package var limits = ScrapeLimits()
  package var groups: [TargetGroup] = []
  package var files: [TargetFiles] = []
  /// From what is discovered to targets.
  package var relabelings: [RelabelRule] = []
  /// From what is scraped to what is stored.
  package var metricRelabelings: [RelabelRule] = []
  package var credentials: ScrapeCredentials?
  package var tls: ScrapeTLS?

  package init(name: String, interval: Milliseconds, timeout: Milliseconds) {
    self.name = name
    self.interval = interval
    self.timeout = timeout
  }
}

/// A query parameter of scrapes.
package struct ScrapeParameter: Equatable, Sendable {
  package var name: String
  package var values: [String]

  package init(name: String, values: [String]) {
    self.name = name
    self.values = values
  }
}

/// What one scrape may bring at most; 0 for no limit. A scrape beyond one counts as failed.
package struct ScrapeLimits: Equatable, Sendable {
  /// Of the body, decompressed.
  package var bodyBytes = 0
  /// Of samples after relabelling.
  package var samples = 0
  /// Of labels of a sample.
  package var labels = 0
  /// In bytes.
  package var labelNameLength = 0
  /// In bytes.
  package var labelValueLength = 0

  package init() {}
}

/// Targets with the labels that they share, as written in a configuration or found in a file.
package struct TargetGroup: Equatable, Sendable {
  /// `host:port` each.
  package var addresses: [String]
  package var labels: Labels

  package init(addresses: [String], labels: Labels = .empty) {
    self.addresses = addresses
    self.labels = labels
  }
}

/// Files that list targets: `file_sd_configs`.
package struct TargetFiles: Equatable, Sendable {
  /// Paths whose last part may hold `*`.
  package var patterns: [String]
  package var refreshInterval: Milliseconds

  package init(patterns: [String], refreshInterval: Milliseconds) {
    self.patterns = patterns
    self.refreshInterval = refreshInterval
  }
}

/// How a scrape proves who it is. Secrets in files are read by the shell at each scrape.
package enum ScrapeCredentials: Equatable, Sendable {
  case basic(username: String, password: ScrapeSecret)
  /// The type is the word before the secret, usually `Bearer`.
  case authorization(type: String, ScrapeSecret)
}

package enum ScrapeSecret: Equatable, Sendable {
  case text(String)
  case file(String)
}

/// `tls_config`.
package struct ScrapeTLS: Equatable, Sendable {
  package var caFile: String?
  package var certFile: String?
  package var keyFile: String?
  package var serverName: String?
  package var skipsVerification = false

  package init() {}
}
