package import Exposition
package import MetricModel

/// The part of a `prometheus.yml` that says what to scrape, and how.
///
///     let (configuration, notes) = try ScrapeConfiguration.read(document)
///     for note in notes { warn(note) }        // what isn't supported, with its line
package struct ScrapeConfiguration: Equatable, Sendable {
  package var jobs: [ScrapeJob]
  /// Added to what leaves for other systems; not to stored samples.
  package var externalLabels: Labels
  /// Of rules that don't say how often.
  package var evaluationInterval = Milliseconds.minutes(1)
  /// Patterns of files with rules: `rule_files`.
  package var ruleFiles: [String] = []
  /// Addresses of Alertmanagers that stand in the file itself, such as `http://127.0.0.1:9093`.
  package var alertmanagers: [String] = []
  /// Where samples are handed on to: `remote_write`.
  package var remoteWrites: [RemoteWriteTarget] = []
  /// How metrics of OpenTelemetry are taken: `otlp`.
  package var otlp = OTLPOptions()
  /// How late samples may come: `storage.tsdb.out_of_order_time_window`; nil where it isn't said.
  package var lateWindow: Milliseconds?

  package init(jobs: [ScrapeJob], externalLabels: Labels = .empty) {
    self.jobs = jobs
    self.externalLabels = externalLabels
  }

  /// The same with relative paths found from the folder that the configuration's file is in.
  package func resolved(from folder: String) -> ScrapeConfiguration {
    func resolve(_ path: String) -> String {
      path.isEmpty || path.hasPrefix("/") || folder.isEmpty ? path : "\(folder)/\(path)"
    }
    var result = self
    result.ruleFiles = ruleFiles.map(resolve)
    for index in jobs.indices {
      result.jobs[index].client = jobs[index].client.resolved(resolve)
      for file in jobs[index].files.indices {
        result.jobs[index].files[file].patterns = jobs[index].files[file].patterns.map(resolve)
      }
    }
    for index in remoteWrites.indices {
      result.remoteWrites[index].client = remoteWrites[index].client.resolved(resolve)
    }
    return result
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
  /// Whether native histograms are stored; otherwise only their classic series are.
  package var takesNativeHistograms = false
  /// Whether the classic series of a native histogram are kept beside it.
  package var keepsClassicHistograms = false
  /// What is asked for, the best first.
  package var protocols = ScrapeProtocol.defaults(prefersProtobuf: false)
  /// How a body is read whose content type says nothing.
  package var fallbackProtocol: ScrapeProtocol?
  package var acceptsCompression = true
  /// Whether the limits and the size of each scrape are stored as series too.
  package var reportsLimits = false
  package var limits = ScrapeLimits()
  package var groups: [TargetGroup] = []
  package var files: [TargetFiles] = []
  /// From what is discovered to targets.
  package var relabelings: [RelabelRule] = []
  /// From what is scraped to what is stored.
  package var metricRelabelings: [RelabelRule] = []
  package var client = ClientOptions()

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
  /// Of targets after relabelling; beyond it every scrape of the job fails.
  package var targets = 0

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
