import Manifest
import MetricModel
import Scraping
import Testing
import YAMLReader

@Suite struct ScrapeConfigurationTests {
  private func read(
    _ yaml: String, scalars: YAMLReader.Scalars = .typed
  ) throws -> (configuration: ScrapeConfiguration, notes: [ManifestError]) {
    let document = try #require(try YAMLReader.documents(in: yaml, scalars: scalars).first)
    return try ScrapeConfiguration.read(document)
  }

  private static let full = """
    global:
      scrape_interval: 30s
      scrape_timeout: 20s
      evaluation_interval: 1m
      external_labels: {cluster: c1, number: 5}
      sample_limit: 100
    rule_files: [rules.yml]
    scrape_configs:
      - job_name: api
        scrape_interval: 10s
        metrics_path: /m
        scheme: https
        honor_labels: true
        honor_timestamps: false
        always_scrape_classic_histograms: true
        body_size_limit: 10MB
        label_limit: 5
        params: {b: [x y, z], a: [1]}
        basic_auth: {username: u, password_file: /p}
        tls_config: {ca_file: /ca, insecure_skip_verify: true}
        follow_redirects: false
        static_configs:
          - targets: [h1:80, h2]
            labels: {env: prod, shard: 1}
        file_sd_configs:
          - files: [/t/*.json]
            refresh_interval: 1m
        kubernetes_sd_configs: [{role: pod}]
        metric_relabel_configs:
          - {action: drop, source_labels: [__name__], regex: go_.*}
      - job_name: other
        bearer_token: t
    """

  @Test(arguments: [YAMLReader.Scalars.typed, .asWritten])
  func `a configuration is read, and what isn't supported is said`(
    scalars: YAMLReader.Scalars
  ) throws {
    let (configuration, notes) = try read(Self.full, scalars: scalars)
    let job = configuration.jobs[0]
    #expect(configuration.externalLabels.description == #"{cluster="c1", number="5"}"#)
    #expect(job.interval == .seconds(10) && job.timeout == .seconds(10))
    #expect(job.limits.bodyBytes == 10 << 20 && job.limits.samples == 100 && job.limits.labels == 5)
    #expect(job.honorsLabels && !job.honorsTimestamps && job.keepsClassicHistograms)
    #expect(job.client.credentials == .basic(username: "u", password: .file("/p")))
    #expect(job.client.tls?.caFile == "/ca" && job.client.tls?.skipsVerification == true)
    #expect(job.files == [TargetFiles(patterns: ["/t/*.json"], refreshInterval: .minutes(1))])
    #expect(job.metricRelabelings.count == 1)
    #expect(configuration.jobs[1].client.credentials == .authorization(type: "Bearer", .text("t")))
    #expect(configuration.jobs[1].timeout == .seconds(20))
    #expect(configuration.ruleFiles == ["rules.yml"] && !job.client.followsRedirects)
    #expect(
      notes.map(\.description) == [
        "28:28: scrape_configs[0].kubernetes_sd_configs: not supported here and without effect"
      ])
  }

  @Test func `targets get labels and a URL`() throws {
    let job = try read(Self.full).configuration.jobs[0]
    let outcomes = job.targets(of: job.groups, position: 0)
    guard case .target(let target) = outcomes[0] else {
      Issue.record("\(outcomes)")
      return
    }
    #expect(
      target.labels.description
        == #"{env="prod", instance="h1:80", job="api", shard="1"}"#)
    #expect(target.url == "https://h1:80/m?a=1&b=x%20y&b=z")
    #expect(target.discovered["__param_b"] == "x y")
    #expect(outcomes.count == 2)
  }

  @Test func `relabelling steers the scrape`() throws {
    let (configuration, _) = try read(
      """
      scrape_configs:
        - job_name: probe
          static_configs: [{targets: ["a.example", "b.example", "c.example", "d.example"]}]
          relabel_configs:
            - {source_labels: [__address__], target_label: __param_target}
            - {source_labels: [__param_target], target_label: instance}
            - source_labels: [__address__]
              regex: b.*
              target_label: __scrape_timeout__
              replacement: 1h
            - {source_labels: [__address__], regex: c.*, action: drop}
            - {source_labels: [__address__], regex: d.*, target_label: __address__, replacement: ""}
            - source_labels: [__address__]
              regex: a.*
              target_label: __scrape_interval__
              replacement: 15s
            - source_labels: [__address__]
              regex: .+
              target_label: __address__
              replacement: prober:9115
      """)
    let job = configuration.jobs[0]
    let outcomes = job.targets(of: job.groups, position: 0)
    guard case .target(let first) = outcomes[0] else {
      Issue.record("\(outcomes[0])")
      return
    }
    #expect(first.url == "http://prober:9115/metrics?target=a.example")
    #expect(first.labels["instance"] == "a.example" && first.interval == .seconds(15))
    guard case .invalid(_, let reason) = outcomes[1], case .dropped = outcomes[2],
      case .invalid(_, "no address") = outcomes[3]
    else {
      Issue.record("\(outcomes)")
      return
    }
    #expect(reason == #"scrape timeout cannot be greater than scrape interval ("1h" > "1m")"#)
  }

  @Test(arguments: [
    ("scrape_configs: [{}]", "1:18: scrape_configs[0].job_name: required field is missing"),
    (
      "scrape_configs: [{job_name: a}, {job_name: a}]",
      "1:33: scrape_configs[1]: found multiple scrape configs with job name \"a\""
    ),
    (
      "global: {scrape_interval: 1s, scrape_timeout: 2s}",
      "1:47: global.scrape_timeout: global scrape timeout greater than scrape interval"
    ),
    (
      "scrape_configs: [{job_name: a, scheme: ftp}]",
      "1:40: scrape_configs[0].scheme: found \"ftp\", expected http or https"
    ),
    (
      "scrape_configs: [{job_name: a, static_configs: [{targets: ['http://x']}]}]",
      "1:60: scrape_configs[0].static_configs[0].targets[0]: \"http://x\" is not a valid hostname, "
        + "expected host:port without scheme and path"
    ),
    (
      "scrape_configs: [{job_name: a, file_sd_configs: [{files: [x.txt]}]}]",
      "1:59: scrape_configs[0].file_sd_configs[0].files[0]: path name \"x.txt\" is not valid for "
        + "file discovery, expected one that ends in .json, .yml or .yaml"
    ),
    (
      "scrape_configs: [{job_name: a, bearer_token: b, basic_auth: {}}]",
      "1:18: scrape_configs[0]: at most one of basic_auth, authorization, bearer_token & "
        + "bearer_token_file must be configured"
    ),
    (
      "scrape_configs: [{job_name: a, sample_limit: -1}]",
      "1:46: scrape_configs[0].sample_limit: found \"-1\", expected a whole number from 0 on"
    ),
  ])
  func `what Prometheus refuses is refused with its place`(yaml: String, message: String) {
    let error = #expect(throws: ManifestError.self) { try read(yaml) }
    #expect(error?.description == message)
  }

  @Test func `files of targets are lists of groups`() throws {
    let document = try #require(
      try YAMLReader.documents(in: #"[{"targets": ["a:1"], "labels": {"x": "y"}}]"#).first)
    let groups = try ScrapeConfiguration.groups(of: document, path: "/t/a.json")
    #expect(
      groups == [
        TargetGroup(
          addresses: ["a:1"], labels: Labels([("x", "y"), ("__meta_filepath", "/t/a.json")]))
      ])
  }
}
