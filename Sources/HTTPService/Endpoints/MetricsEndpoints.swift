import Exposition
import FoundationEssentials
import Glibc
import MetricModel
import MetricTransfer
import Scraping
import TimeSeriesStore

/// `/metrics`: the server about itself, under the names that dashboards for Prometheus ask for.
struct MetricsEndpoints: Sendable {
  let store: Store
  let options: ServiceOptions
  let counters: ServiceCounters
  let started: Timestamp

  init(store: Store, options: ServiceOptions, counters: ServiceCounters) {
    self.store = store
    self.options = options
    self.counters = counters
    started = options.now()
  }

  func metrics() -> APIResponse {
    var text = MetricsText()
    text.family("prometheus_build_info", "gauge", "A constant 1 with the version of the server.")
    text.sample(
      "prometheus_build_info", 1, [("application", "assay"), ("version", options.version)])
    counters.write(to: &text)
    writeStore(to: &text)
    if let configuration = options.configuration {
      writeLoading(configuration.state, to: &text)
      if let scrapes = configuration.scrapes { write(scrapes.status, to: &text) }
      if let writes = configuration.writes { write(writes.status, to: &text) }
    }
    writeProcess(to: &text)
    return APIResponse(
      status: 200, contentType: MetricsText.mediaType, body: text.bytes)
  }

  private func writeStore(to text: inout MetricsText) {
    let snapshot = store.snapshot()
    let statistics = snapshot.statistics
    let appended = store.appended
    text.gauge(
      "prometheus_tsdb_head_series", Double(statistics.headSeries), "Series with samples in memory."
    )
    text.gauge(
      "prometheus_tsdb_head_samples", Double(statistics.headSamples), "Samples in memory.")
    text.gauge(
      "prometheus_tsdb_blocks_loaded", Double(statistics.blocks.count), "Sealed blocks.")
    text.gauge(
      "prometheus_tsdb_storage_blocks_bytes", Double(statistics.blockSizeBytes),
      "Bytes of sealed blocks.")
    text.gauge(
      "prometheus_tsdb_wal_segment_current", Double(store.logEnd.generation), "The log written to.")
    text.gauge(
      "prometheus_tsdb_wal_storage_size_bytes", Double(store.logEnd.offset),
      "Bytes of the log written to.")
    if let span = snapshot.timeRange {
      text.gauge(
        "prometheus_tsdb_lowest_timestamp", Double(span.start.milliseconds + 1),
        "The oldest sample, in milliseconds.")
      text.gauge(
        "prometheus_tsdb_head_max_time", Double(span.end.milliseconds),
        "The newest sample, in milliseconds.")
    }
    text.family(
      "prometheus_tsdb_head_samples_appended_total", "counter", "Samples stored.")
    let histograms = appended.histograms
    text.sample(
      "prometheus_tsdb_head_samples_appended_total", Double(appended.accepted - histograms),
      [("type", "float")])
    text.sample(
      "prometheus_tsdb_head_samples_appended_total", Double(histograms), [("type", "histogram")])
    text.counter(
      "prometheus_tsdb_too_old_samples_total", Double(appended.tooOld),
      "Samples refused for being older than the window for late ones.")
    text.counter(
      "prometheus_tsdb_duplicate_samples_total", Double(appended.duplicates),
      "Samples that were there already.")
    text.counter(
      "prometheus_tsdb_conflicting_samples_total", Double(appended.conflicts),
      "Samples refused for another value at their time.")
    text.counter(
      "prometheus_tsdb_exemplar_exemplars_appended_total", Double(appended.exemplars),
      "Exemplars stored.")
  }

  private func writeLoading(_ state: ServerConfiguration.State, to text: inout MetricsText) {
    text.gauge(
      "prometheus_config_last_reload_successful", state.isLoaded ? 1 : 0,
      "Whether the last reading of the configuration succeeded.")
    text.gauge(
      "prometheus_config_last_reload_success_timestamp_seconds", state.loadedAt.seconds,
      "When the configuration in force was read.")
  }

  private func write(_ status: ScrapeStatus, to text: inout MetricsText) {
    text.family(
      "prometheus_target_scrape_pool_targets", "gauge", "Targets of a job that are scraped.")
    for (number, job) in status.jobs.enumerated() {
      let count = status.active.count { $0.target.job == number }
      text.sample("prometheus_target_scrape_pool_targets", Double(count), [("scrape_job", job)])
    }
    text.family(
      "prometheus_sd_discovered_targets", "gauge", "Targets of a job before relabelling.")
    for (number, job) in status.jobs.enumerated() {
      let count =
        status.active.count { $0.target.job == number }
        + status.dropped.count { $0.job == number }
      text.sample(
        "prometheus_sd_discovered_targets", Double(count), [("config", job), ("name", "scrape")])
    }
    let counters = status.counters
    let rows: [(String, Int, String)] = [
      ("scrapes", counters.scrapes, "Scrapes."), ("scrapes_failed", counters.failures, "Failed."),
      (
        "scrapes_exceeded_body_size_limit", counters.bodyLimitExceeded,
        "Failed for too large a body."
      ),
      (
        "scrapes_exceeded_sample_limit", counters.sampleLimitExceeded,
        "Failed for too many samples."
      ),
      (
        "scrape_pool_exceeded_target_limit", counters.targetLimitExceeded,
        "Times that a job had too many targets."
      ),
      (
        "scrapes_sample_duplicate_timestamp", counters.duplicates,
        "Samples with another value than is stored."
      ),
      ("scrapes_sample_out_of_order", counters.outOfOrder, "Samples too old to be stored."),
      (
        "scrapes_exemplar_out_of_order", counters.exemplarsOutOfOrder,
        "Exemplars too old to be stored."
      ),
    ]
    for (name, count, help) in rows {
      text.counter("prometheus_target_\(name)_total", Double(count), help)
    }
  }

  private func write(_ writers: [RemoteWriteStatus], to text: inout MetricsText) {
    let rows: [(String, String, String, (RemoteWriteStatus) -> Double)] = [
      ("samples_total", "counter", "Samples that arrived.", { Double($0.samples) }),
      ("histograms_total", "counter", "Histograms that arrived.", { Double($0.histograms) }),
      ("exemplars_total", "counter", "Exemplars that arrived.", { Double($0.exemplars) }),
      ("metadata_total", "counter", "Families told.", { Double($0.metadata) }),
      ("samples_failed_total", "counter", "Refused for good.", { Double($0.failed) }),
      ("samples_retried_total", "counter", "Sent again.", { Double($0.retried) }),
      ("samples_dropped_total", "counter", "Not to be sent.", { Double($0.dropped) }),
      ("bytes_total", "counter", "Bytes of requests that arrived.", { Double($0.bytes) }),
      ("lost_logs_total", "counter", "Logs gone before they were sent.", { Double($0.lostLogs) }),
      ("shards", "gauge", "Requests under way at once.", { Double($0.shards) }),
      (
        "queue_highest_sent_timestamp_seconds", "gauge", "The newest sample that arrived.",
        { $0.highestSent?.seconds ?? 0 }
      ),
    ]
    for (name, type, help, value) in rows {
      text.family("prometheus_remote_storage_\(name)", type, help)
      for status in writers {
        text.sample(
          "prometheus_remote_storage_\(name)", value(status),
          [("remote_name", status.name), ("url", status.url)])
      }
    }
  }

  private func writeProcess(to text: inout MetricsText) {
    let (seconds, bytes) = Self.usage
    if let seconds {
      text.counter(
        "process_cpu_seconds_total", seconds, "Time of processors used, in seconds.")
    }
    if let bytes {
      text.gauge("process_resident_memory_bytes", bytes, "Memory in use, in bytes.")
    }
    text.gauge(
      "process_start_time_seconds", started.seconds, "When the process began, in Unix seconds.")
  }

  /// What the system tells of the process (proc(5)): nil where it tells nothing.
  private static var usage: (seconds: Double?, bytes: Double?) {
    guard let file = try? FoundationEssentials.Data(contentsOf: URL(filePath: "/proc/self/stat"))
    else { return (nil, nil) }
    let text = String(decoding: file, as: UTF8.self)
    // The name in parentheses may hold blanks; the state after it is field 3.
    let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
    func field(_ number: Int) -> Double? {
      let index = number - 2
      return fields.indices.contains(index) ? Double(fields[index]) : nil
    }
    let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
    let seconds = field(14).flatMap { user in field(15).map { (user + $0) / max(ticks, 1) } }
    return (seconds, field(24).map { $0 * Double(getpagesize()) })
  }
}
