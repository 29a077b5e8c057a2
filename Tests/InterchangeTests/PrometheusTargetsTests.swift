import Foundation
import Manifest
import MetricModel
import Scraping
import Testing
import YAMLReader

/// Targets as Debian's Prometheus makes them of the same configuration.
@Suite struct PrometheusTargetsTests {
  private static let comment: Comment = "Debian's prometheus is not here: nothing to compare with"

  private static let configuration = """
    global: {scrape_interval: 1h, scrape_timeout: 1s}
    scrape_configs:
      - job_name: plain
        static_configs:
          - targets: ["127.0.0.1:1", "127.0.0.2:1"]
            labels: {env: prod, Tier: Gold}
      - job_name: relabelled
        metrics_path: /probe
        params: {module: [http 2xx, second], other: ["ü&="]}
        static_configs:
          - targets: ["127.0.0.1:1001", "127.0.0.1:1002", "127.0.0.1:1003", "127.0.0.1:1004"]
            labels: {__meta_zone: eu-1, zone: eu-1, other: x}
          - targets: ["127.0.0.1:1005", "127.0.0.1:1006"]
            labels: {__meta_zone: us-2, zone: nowhere}
        relabel_configs:
          - {source_labels: [__address__], regex: '.*:1002', action: drop}
          - {source_labels: [__meta_zone], target_label: zone, action: keepequal}
          - source_labels: [__address__]
            target_label: __param_module
            regex: '.*:1003(.*)'
            replacement: 'm$1'
          - {action: labelmap, regex: '__meta_(z.*)', replacement: 'from_$1'}
          - source_labels: [__address__, zone]
            separator: '/'
            target_label: shard
            modulus: 7
            action: hashmod
          - {source_labels: [from_zone], target_label: upper, action: uppercase}
          - {action: labeldrop, regex: oth.*}
          - source_labels: [__address__]
            regex: '(.*):1004'
            target_label: __metrics_path__
            replacement: '/${1}/x'
          - source_labels: [shard]
            regex: '(\\d)'
            target_label: 'name_$1'
            replacement: '$0$$'
    """

  @Test(.enabled(if: PrometheusServer.isInstalled, comment))
  func `targets have the labels and URLs that Prometheus gives them`() throws {
    let server = try PrometheusServer(configuration: Self.configuration)
    var json = JSONValue.null
    var active: [JSONValue] = []
    // Targets are taken over some seconds after the start.
    for _ in 0..<150 where active.isEmpty {
      json = try JSONValue(parsing: server.request("/api/v1/targets").body)
      active = json[path: "data", "activeTargets"]?.asArray ?? []
      if active.isEmpty { Thread.sleep(forTimeInterval: 0.1) }
    }
    let theirs = active.map { target in
      let labels = Labels(
        (target["labels"]?.asObject ?? [:]).map { ($0.key, $0.value.asString ?? "") })
      return "\(labels) \(target["scrapeUrl"]?.asString ?? "")"
    }
    let document = try #require(try YAMLReader.documents(in: Self.configuration).first)
    let (configuration, notes) = try ScrapeConfiguration.read(document)
    #expect(notes.isEmpty)
    var ours: [String] = []
    var dropped = 0
    for (position, job) in configuration.jobs.enumerated() {
      for outcome in job.targets(of: job.groups, position: position) {
        switch outcome {
        // Their URLs spell a blank in a query "+".
        case .target(let target):
          ours.append(
            "\(target.labels) \(target.url.replacingOccurrences(of: "%20", with: "+"))")
        case .dropped: dropped += 1
        case .invalid(let labels, let reason): Issue.record("\(labels): \(reason)")
        }
      }
    }
    #expect(ours.sorted() == theirs.sorted())
    #expect(dropped == json[path: "data", "droppedTargets"]?.asArray?.count)
  }
}
