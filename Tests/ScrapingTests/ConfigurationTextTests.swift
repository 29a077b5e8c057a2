import Exposition
import Manifest
import MetricModel
import Scraping
import Testing
import YAMLReader

@Suite struct ConfigurationTextTests {
  private static let yaml = """
    global: {scrape_interval: 15s, external_labels: {cluster: 'a b'}}
    scrape_configs:
      - job_name: api
        basic_auth: {username: u, password: hunter2}
        http_headers: {X-Key: {secrets: [s1, s2], values: [plain]}}
        static_configs:
          - targets: ['h:1', "h:2"]
        metric_relabel_configs: []
      - {job_name: b, authorization: {credentials: "tok"}, params: {a: ["x y", "-"]}}
    remote_write:
      - url: http://me:secret@host:9/w?a=b
    """

  private static let shown = """
    global:
      scrape_interval: 15s
      external_labels:
        cluster: "a b"
    scrape_configs:
    - job_name: api
      basic_auth:
        username: u
        password: <secret>
      http_headers:
        X-Key:
          secrets:
          - <secret>
          - <secret>
          values:
          - plain
      static_configs:
      - targets:
        - h:1
        - h:2
      metric_relabel_configs: []
    - job_name: b
      authorization:
        credentials: <secret>
      params:
        a:
        - "x y"
        - "-"
    remote_write:
    - url: "http://me:<secret>@host:9/w?a=b"

    """

  @Test func `a configuration is shown without its secrets`() throws {
    let document = try #require(try YAMLReader.documents(in: Self.yaml, scalars: .asWritten).first)
    let text = ConfigurationText.yaml(document)
    #expect(text == Self.shown)
    let again = try #require(try YAMLReader.documents(in: text, scalars: .asWritten).first)
    #expect(ConfigurationText.yaml(again) == text)
  }

  @Test func `protobuf comes first where start times are wanted, unless the file says`() throws {
    let yaml = """
      scrape_configs:
        - {job_name: a}
        - {job_name: b, scrape_protocols: [PrometheusText0.0.4]}
      """
    let document = try #require(try YAMLReader.documents(in: yaml, scalars: .typed).first)
    let plain = try ScrapeConfiguration.read(document).configuration.jobs
    #expect(plain.map(\.protocols.first) == [.openMetricsText100, .prometheusText004])
    let jobs = try ScrapeConfiguration.read(document, prefersProtobuf: true).configuration.jobs
    #expect(jobs[0].protocols == [.prometheusProto] + plain[0].protocols)
    #expect(jobs[1].protocols == [.prometheusText004])
  }

  @Test func `protocols are offered in the order and with the weights of Prometheus`() {
    #expect(
      ScrapeProtocol.acceptHeader([.openMetricsText100, .prometheusText004])
        == "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
        + "text/plain;version=0.0.4;q=0.5,*/*;q=0.4")
  }

  @Test func `sections beside scraping are read`() throws {
    let yaml = """
      global: {evaluation_interval: 10s, scrape_protocols: [PrometheusProto]}
      rule_files: [r/*.yml, /abs.yml]
      alerting:
        alertmanagers:
          - scheme: https
            path_prefix: /am
            static_configs: [{targets: ['a:1', 'b:2']}]
      scrape_configs:
        - {job_name: a, scrape_native_histograms: true, \
      fallback_scrape_protocol: PrometheusText0.0.4}
        - {job_name: b, scrape_protocols: [OpenMetricsText1.0.0], target_limit: 5}
      remote_write:
        - url: http://w/
          name: w
          protobuf_message: io.prometheus.write.v2.Request
          basic_auth: {username: u, password_file: p}
          queue_config: {max_samples_per_send: 10, min_backoff: 1s, retry_on_http_429: true}
          headers: {X-Scope-OrgID: t}
          metadata_config: {send: false}
      otlp: {promote_resource_attributes: [a.b], translation_strategy: NoTranslation}
      storage: {tsdb: {out_of_order_time_window: 30m}}
      tracing: {endpoint: x}
      """
    let document = try #require(try YAMLReader.documents(in: yaml, scalars: .asWritten).first)
    let (read, notes) = try ScrapeConfiguration.read(document)
    let configuration = read.resolved(from: "/etc/p")
    #expect(notes.map(\.path) == ["tracing"])
    #expect(configuration.evaluationInterval == .seconds(10))
    #expect(configuration.ruleFiles == ["/etc/p/r/*.yml", "/abs.yml"])
    #expect(configuration.alertmanagers == ["https://a:1/am", "https://b:2/am"])
    #expect(configuration.jobs[0].protocols == [.prometheusProto])
    #expect(configuration.jobs[0].fallbackProtocol == .prometheusText004)
    #expect(configuration.jobs[1].limits.targets == 5)
    let write = configuration.remoteWrites[0]
    #expect(write.name == "w" && write.version == .v2 && !write.sendsMetadata)
    #expect(write.queue.samplesPerSend == 10 && write.queue.backoffMin == .seconds(1))
    #expect(write.client.credentials == .basic(username: "u", password: .file("/etc/p/p")))
    #expect(write.client.headers == [ClientHeader(name: "X-Scope-OrgID", values: [.text("t")])])
    #expect(configuration.otlp.promotion == .only(["a.b"]))
    #expect(configuration.otlp.translation == .noTranslation)
    #expect(configuration.lateWindow == .minutes(30))
  }

  @Test(arguments: [
    ("remote_write: [{}]", "1:16: remote_write[0].url: url for remote_write is empty"),
    (
      "remote_write: [{url: 'http://a'}, {url: 'http://a'}]",
      "1:35: remote_write[1]: found multiple remote write configs with job name \"http://a\""
    ),
    (
      "remote_write: [{url: 'http://a', headers: {Host: x}}]",
      "1:43: remote_write[0].headers.Host: setting header \"Host\" is not allowed"
    ),
    (
      "scrape_configs: [{job_name: a, scrape_protocols: [x]}]",
      "1:51: scrape_configs[0].scrape_protocols[0]: unknown scrape protocol x, supported: "
        + "[OpenMetricsText0.0.1 OpenMetricsText1.0.0 PrometheusProto PrometheusText0.0.4 "
        + "PrometheusText1.0.0]"
    ),
    (
      "otlp: {promote_all_resource_attributes: true, promote_resource_attributes: [a]}",
      "1:7: otlp: 'promote_all_resource_attributes' and 'promote_resource_attributes' cannot be "
        + "configured simultaneously"
    ),
  ])
  func `what is wrong in them is told with its place`(yaml: String, message: String) throws {
    let document = try #require(try YAMLReader.documents(in: yaml, scalars: .asWritten).first)
    let error = #expect(throws: ManifestError.self) { try ScrapeConfiguration.read(document) }
    #expect(error?.description == message)
  }
}
