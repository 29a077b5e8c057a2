import Foundation
import Testing

/// The same configuration and the same exporters behind the real Prometheus and behind Assay.
@Suite(.serialized) struct ScrapeTests {
  private static let comment: Comment = "prometheus could not be had"

  /// Answers of the query API as `labels: value`, by labels.
  private func instant(_ query: String, _ server: Server) async throws -> [String: String] {
    var allowed = CharacterSet.alphanumerics
    allowed.insert(charactersIn: "-_.")
    let text = query.addingPercentEncoding(withAllowedCharacters: allowed) ?? ""
    let answer = try await server.send(server.request("/api/v1/query?query=\(text)"))
    let json = try JSONSerialization.jsonObject(with: answer.body) as? [String: Any]
    let rows = (json?["data"] as? [String: Any])?["result"] as? [[String: Any]]
    var result: [String: String] = [:]
    for row in try #require(rows, "\(answer.text)") {
      let metric = row["metric"] as? [String: String] ?? [:]
      let labels = metric.sorted { $0.key < $1.key }.map { "\($0.key)=\"\($0.value)\"" }
      result[labels.joined(separator: ",")] = (row["value"] as? [Any])?.last as? String
    }
    return result
  }

  private func waitUntil(
    _ what: Comment, _ condition: () async throws -> Bool
  ) async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while try await !condition() {
      guard ContinuousClock.now < deadline else {
        Issue.record("waited in vain: \(what)")
        return
      }
      try await Task.sleep(for: .milliseconds(100))
    }
  }

  private func configuration(_ ports: (peer: Int, own: Int, absent: Int)) -> String {
    """
    global: {scrape_interval: 1s, scrape_timeout: 900ms}
    scrape_configs:
      - job_name: peer
        static_configs:
          - {targets: ['127.0.0.1:\(ports.peer)'], labels: {env: prod, handler: outer}}
      - job_name: honoured
        honor_labels: true
        metric_relabel_configs:
          - {source_labels: [__name__], regex: 'go_gc_.*', action: drop}
          - {source_labels: [version], regex: 'go(.+)', target_label: go, replacement: 'v$1'}
          - {regex: quantile, action: labeldrop}
        static_configs: [{targets: ['127.0.0.1:\(ports.peer)'], labels: {handler: outer}}]
      - job_name: own
        static_configs: [{targets: ['127.0.0.1:\(ports.own)']}]
      - job_name: limited
        sample_limit: 3
        static_configs: [{targets: ['127.0.0.1:\(ports.peer)']}]
      - job_name: absent
        static_configs: [{targets: ['127.0.0.1:\(ports.absent)']}]
      - job_name: wrong
        metrics_path: /nowhere
        static_configs: [{targets: ['127.0.0.1:\(ports.peer)']}]
      - job_name: found
        file_sd_configs: [{files: ['found/*.yml'], refresh_interval: 1s}]
        relabel_configs:
          - {source_labels: [__meta_filepath], regex: '.*/(.+).yml', target_label: file}
          - {source_labels: [skip], regex: 'yes', action: drop}
    """
  }

  private func startBoth(_ folder: TemporaryFolder) async throws -> (own: Server, peer: Server) {
    let program = try #require(Program.prometheus)
    try FileManager.default.createDirectory(
      atPath: folder.file("found"), withIntermediateDirectories: true)
    // Ports are free until somebody takes them; the configuration needs both before the start.
    let config = try folder.write("prometheus.yml", "global: {scrape_interval: 1s}\n")
    let peer = try await Server(program, log: folder.file("peer.log")) { port in
      [
        "--config.file=\(config)", "--storage.tsdb.path=\(folder.file("peer"))",
        "--web.listen-address=127.0.0.1:\(port)", "--web.enable-lifecycle",
      ]
    }
    let own = try await Server(.assay, log: folder.file("own.log")) { port in
      [
        "serve", "--data", folder.file("own"), "--listen", "127.0.0.1:\(port)", "--config.file",
        config, "--web.enable-lifecycle",
      ]
    }
    _ = try folder.write(
      "found/a.yml",
      """
      - {targets: ['127.0.0.1:\(peer.port)'], labels: {from: a}}
      - {targets: ['127.0.0.1:\(peer.port)'], labels: {from: a, skip: 'yes'}}
      """)
    _ = try folder.write("prometheus.yml", configuration((peer.port, own.port, 1)))
    for server in [own, peer] {
      let answer = try await server.send(server.request("/-/reload", method: "POST"))
      #expect(answer.status == 200, "\(answer.text)")
    }
    return (own, peer)
  }

  @Test(.enabled(if: Program.prometheus != nil, comment))
  func `series, labels and values are those of Prometheus`() async throws {
    let folder = try TemporaryFolder()
    let (own, peer) = try await startBoth(folder)
    for server in [own, peer] {
      try await waitUntil("all targets are scraped") {
        let whole = "count(count by (job) (scrape_samples_scraped > 20))"
        let (up, count) = (try await instant("up", server), try await instant(whole, server))
        return up.count == 7 && count[""] == "5"
      }
    }
    #expect(try await instant("up", own) == instant("up", peer))
    // Whatever is asked makes new series of requests at the one asked, so those are left aside.
    for job in ["peer", "honoured", "own", "limited", "absent", "wrong", "found"] {
      let query = #"{job="\#(job)",__name__!~".*(http|api|engine|rpc|querylog).*"}"#
      // Both servers go on gaining series of their own for a while.
      try await waitUntil("job \(job) has the same series") {
        let (ours, theirs) = (try await instant(query, own), try await instant(query, peer))
        return Set(ours.keys) == Set(theirs.keys) && ours.count > (job == "own" ? 20 : 4)
      }
    }
    for query in [
      #"{__name__=~".*build_info|go_info"}"#, "prometheus_config_last_reload_successful",
      #"{job="limited",__name__!="scrape_duration_seconds"}"#,
      #"{job="wrong",__name__!="scrape_duration_seconds"}"#,
    ] {
      try await waitUntil("\(query) is the same") {
        let (ours, theirs) = (try await instant(query, own), try await instant(query, peer))
        return ours == theirs && !ours.isEmpty
      }
    }
    try await expectSameTargets(own, peer)
  }

  /// `labels url health scrapePool interval timeout` of each target.
  private func targets(_ server: Server) async throws -> [String] {
    let answer = try await server.send(server.request("/api/v1/targets"))
    let json = try JSONSerialization.jsonObject(with: answer.body) as? [String: Any]
    let data = try #require(json?["data"] as? [String: Any])
    let active = try #require(data["activeTargets"] as? [[String: Any]])
    let dropped = try #require(data["droppedTargets"] as? [[String: Any]])
    func labels(_ value: Any?) -> String {
      let pairs = value as? [String: String] ?? [:]
      return pairs.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        .joined(separator: ",")
    }
    let fields = ["scrapeUrl", "health", "scrapePool", "scrapeInterval", "scrapeTimeout"]
    return active.map { target in
      ([labels(target["labels"]), labels(target["discoveredLabels"])]
        + fields.map { "\(target[$0] ?? "")" }).joined(separator: " ")
    }.sorted() + dropped.map { "dropped \(labels($0["discoveredLabels"]))" }.sorted()
  }

  private func expectSameTargets(_ own: Server, _ peer: Server) async throws {
    let (ours, theirs) = (try await targets(own), try await targets(peer))
    #expect(ours == theirs && ours.count == 8)
    for server in [own, peer] {
      let answer = try await server.send(
        server.request(
          "/api/v1/targets/metadata?metric=go_goroutines&match_target=%7Bjob%3D%22peer%22%7D"))
      #expect(answer.text.contains(#""type":"gauge""#) && answer.text.contains(#""job":"peer""#))
    }
    let shown = try await own.send(own.request("/api/v1/status/config"))
    #expect(shown.text.contains("job_name: honoured"))
  }

  @Test(.enabled(if: Program.prometheus != nil, comment))
  func `a target that leaves a file ends, and a broken file changes nothing`() async throws {
    let folder = try TemporaryFolder()
    let (own, peer) = try await startBoth(folder)
    let count = #"count(go_goroutines{job="found"})"#
    try await waitUntil("the target is scraped") { try await !instant(count, own).isEmpty }
    _ = try folder.write("found/a.yml", "- targets: [")
    _ = try folder.write("prometheus.yml", "scrape_configs: [{}]")
    let refused = try await own.send(own.request("/-/reload", method: "POST"))
    #expect(refused.status == 500 && refused.text.contains("1:18: scrape_configs[0].job_name"))
    try await waitUntil("the reload is told") {
      try await instant("prometheus_config_last_reload_successful == 0", own).count == 1
    }
    #expect(try await instant(count, own).count == 1)
    _ = try folder.write("found/a.yml", "[]")
    // Two intervals and a tenth after the file is read, the series have an end.
    try await waitUntil("the series have ended") { try await instant(count, own).isEmpty }
    #expect(try await instant(#"up{job="found"}"#, own).isEmpty)
    #expect(try await instant(#"up{job="peer"}"#, own).count == 1)
    #expect(own.stop() == 0)
    #expect(peer.stop() == 0)
  }

  @Test func `check config tells what is wrong and what has no effect`() throws {
    let folder = try TemporaryFolder()
    let good = try folder.write(
      "good.yml", "global: {query_log_file: x}\nscrape_configs: [{job_name: a}]\n")
    let outcome = try Program.assay.run("check", "config", good)
    #expect(outcome.exitCode == 0 && outcome.output.contains("SUCCESS"))
    #expect(outcome.errors.contains("1:26: global.query_log_file: not supported here"))
    #expect(try Program.assay.run("check", "config", "--strict", good).exitCode == 1)
    let bad = try folder.write("bad.yml", "scrape_configs: [{job_name: a, scheme: ftp}]\n")
    let refusal = try Program.assay.run("check", "config", bad)
    #expect(refusal.exitCode == 1)
    #expect(refusal.errors.contains("1:40: scrape_configs[0].scheme: found \"ftp\""))
    let absent = try folder.write(
      "absent.yml", "scrape_configs: [{job_name: a, bearer_token_file: none}]\n")
    #expect(try Program.assay.run("check", "config", absent).errors.contains("no such file"))
  }
}
