import Foundation
import Testing

/// The command on bad input: a message with place and remedy, an exit code, nothing harmed.
@Suite struct CommandTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let recording = Program.projectRoot
    .appending(path: "queries/recordings/excerpt.om").path

  @Test func `a query with a syntax error is shown with a caret at the place`() throws {
    let outcome = try Program.assay.run("query", "sum(up", "--recording", Self.recording)
    #expect(outcome.exitCode == 3)
    #expect(outcome.errors.contains("parse error: unclosed left parenthesis"))
    #expect(outcome.errors.contains("sum(up\n"))
    #expect(outcome.errors.contains("^"))
    #expect(outcome.output.isEmpty)
  }

  @Test func `a missing recording is named`() throws {
    let outcome = try Program.assay.run("query", "up", "--recording", folder.file("nowhere"))
    #expect(outcome.exitCode == 3)
    #expect(outcome.errors.contains("nowhere: no such file or folder"))
  }

  @Test func `a recording cut short is refused as a whole`() throws {
    let lines = try String(contentsOfFile: Self.recording, encoding: .utf8).split(separator: "\n")
    let half = lines.prefix(lines.count / 2).joined(separator: "\n") + "\n"
    let cut = try folder.write("cut.om", half)
    let data = folder.file("data")
    let outcome = try Program.assay.run("import", cut, "--data", data)
    #expect(outcome.exitCode == 3)
    #expect(outcome.errors.contains("cut.om:"))
    #expect(outcome.errors.contains("# EOF"))
    // The store is as it was: a whole recording can be loaded into it.
    #expect(try Program.assay.run("import", Self.recording, "--data", data).exitCode == 0)
  }

  @Test func `a block with a flipped bit is refused with file and place`() throws {
    let source = Program.projectRoot.appending(path: "queries/recordings/healthy").path
    let copy = folder.file("healthy")
    try FileManager.default.copyItem(atPath: source, toPath: copy)
    let block = try #require(
      FileManager.default.contentsOfDirectory(atPath: copy).first { !$0.contains(".") })
    let chunks = URL(filePath: "\(copy)/\(block)/chunks/000001")
    var bytes = try Foundation.Data(contentsOf: chunks)
    bytes[bytes.count / 2] ^= 0x10
    try bytes.write(to: chunks)
    let outcome = try Program.assay.run("query", "up", "--recording", copy)
    #expect(outcome.exitCode == 3)
    #expect(outcome.errors.contains(block))
    #expect(outcome.errors.contains("checksum"))
  }

  @Test func `a torn end of the log is cut off and told, and the rest is there`() async throws {
    let data = folder.file("data")
    var server = try await Self.serve(data, log: folder.file("log"))
    let body = try Self.batches(3)
    for batch in body { #expect(try await Self.write(batch, to: server) == 204) }
    server.kill()
    let log = try #require(Self.newestLog(in: data))
    let handle = try FileHandle(forWritingTo: log)
    try handle.seekToEnd()
    try handle.write(contentsOf: Foundation.Data([1, 2, 3, 4, 5, 6, 7]))
    try handle.close()
    let note = folder.file("second-log")
    server = try await Self.serve(data, log: note)
    let answer = try await server.send(
      server.request("/api/v1/query?query=count_over_time(torn%5B10y%5D)&time=1900000000"))
    #expect(answer.text.contains("\"3\""))
    #expect(server.stop() == 0)
    #expect(try String(contentsOfFile: note, encoding: .utf8).contains("7 bytes"))
  }

  @Test func `a second process is kept out of a directory in use until the first is gone`()
    async throws
  {
    let data = folder.file("data")
    let first = try await Self.serve(data, log: folder.file("log"))
    let bodies = try Self.batches(2)
    #expect(try await Self.write(bodies[0], to: first) == 204)
    let refused = [
      ["serve", "--data", data, "--listen", "127.0.0.1:0"],
      ["import", Self.recording, "--data", data],
      ["tsdb", "verify", data], ["tsdb", "repair", data],
    ]
    for arguments in refused {
      let outcome = try Program.assay.run(arguments)
      #expect(outcome.exitCode == 3, "\(arguments)")
      #expect(
        outcome.errors.contains(
          "the store at \"\(data)\" is in use by another process; stop it, or ask its HTTP API"),
        "\(arguments): \(outcome.errors)")
    }
    // The first one goes on as if nothing had been.
    #expect(try await Self.write(bodies[1], to: first) == 204)
    let count = "/api/v1/query?query=count_over_time(torn%5B10y%5D)&time=1900000000"
    #expect(try await first.send(first.request(count)).text.contains("\"2\""))
    first.kill()
    let second = try await Self.serve(data, log: folder.file("second-log"))
    #expect(try await second.send(second.request(count)).text.contains("\"2\""))
    #expect(second.stop() == 0)
  }

  @Test func `a broken template is refused with line, field and remedy`() throws {
    let template = try folder.write(
      "broken.yaml",
      """
      apiVersion: argoproj.io/v1alpha1
      kind: AnalysisTemplate
      metadata: {name: broken}
      spec:
        metrics:
        - name: accuracy
          intervall: 1m
          successCondition: result[0] >=
          provider:
            prometheus: {query: up}
      """)
    let recording = Program.projectRoot.appending(path: "queries/recordings/healthy").path
    let outcome = try Program.assay.run(
      "analyze", template, "--recording", recording, "--at", "rollout")
    #expect(outcome.exitCode == 3)
    #expect(outcome.errors.contains("broken.yaml:7:5"))
    #expect(outcome.errors.contains("intervall"))
    #expect(outcome.errors.contains("broken.yaml:8:"))
  }

  @Test func `a missing template is named once`() throws {
    let recording = Program.projectRoot.appending(path: "queries/recordings/healthy").path
    let path = folder.file("nowhere.yaml")
    let outcome = try Program.assay.run(
      "analyze", path, "--recording", recording, "--at", "rollout")
    #expect(outcome.exitCode == 3)
    #expect(outcome.errors == "assay: \(path): no such file\n")
  }

  @Test func `a run that would start after the data is refused`() throws {
    let queries = Program.projectRoot.appending(path: "queries")
    let outcome = try Program.assay.run(
      "analyze", queries.appending(path: "analysis/ml-model-compare.yaml").path, "--recording",
      queries.appending(path: "recordings/healthy").path, "--at", "end+1m")
    #expect(outcome.exitCode == 3)
    #expect(outcome.errors.contains("start it earlier by --at"))
  }

  @Test func `verdicts are exit codes`() throws {
    let queries = Program.projectRoot.appending(path: "queries")
    let recording = queries.appending(path: "recordings/accuracy-drop").path
    func code(_ template: String) throws -> Int32 {
      let path = queries.appending(path: "analysis/\(template).yaml").path
      return try Program.assay.run(
        "analyze", path, "--recording", recording, "--at", "rollout+5m"
      ).exitCode
    }
    #expect(try code("ml-model-analysis") == 0)
    #expect(try code("ml-model-compare") == 1)
    // Without a count the tutorial's own template measures until the data end.
    #expect(try code("ml-model-analysis.as-written") == 2)
  }

  @Test(arguments: [
    ("healthy", 0), ("accuracy-drop", 1), ("latency-growth", 1), ("idle-gaps", 0),
  ])
  func `a replay promotes the healthy and rolls back the bad`(recording: String, code: Int32) throws
  {
    let queries = Program.projectRoot.appending(path: "queries")
    let arguments = [
      "simulate", queries.appending(path: "rollouts/model-rollout.yaml").path,
      queries.appending(path: "analysis/ml-model-compare.yaml").path, "--recording",
      queries.appending(path: "recordings/\(recording)").path, "--trace",
    ]
    let (first, second) = (
      try Program.assay.run(arguments), try Program.assay.run(arguments)
    )
    #expect(first.exitCode == code)
    #expect(first.output == second.output)
  }

  @Test func `wrong usage says what is missing`() throws {
    let outcome = try Program.assay.run("query", "up")
    #expect(outcome.exitCode == 64)
    #expect(outcome.errors.contains("one of --data, --recording and --storage"))
  }

  @Test(arguments: [
    ("http://prometheus:9090", "must begin with \"remote:\""),
    ("remote:nonsense", "the address \"nonsense\" must begin with http:// or https://"),
    ("remote:http://", "names no host"),
    ("remote:http://prometheus:9090/?a=b", "must end with host, port or path"),
  ])
  func `a storage that is no address is refused with what is wrong`(text: String, said: String)
    throws
  {
    for command in [["serve", "--data", folder.file("data")], ["query", "up"]] {
      let outcome = try Program.assay.run(command + ["--storage", text])
      #expect(outcome.exitCode == 64)
      #expect(outcome.errors.contains(said), "\(outcome.errors)")
      #expect(outcome.errors.contains("such as remote:http://prometheus:9090"))
    }
    #expect(!FileManager.default.fileExists(atPath: folder.file("data")))
  }

  @Test func `an option about the other server is refused without one`() throws {
    for command in [["serve", "--data", folder.file("data")], ["query", "up", "--data", "."]] {
      let outcome = try Program.assay.run(command + ["--storage.pushdown", "all"])
      #expect(outcome.exitCode == 64)
      #expect(outcome.errors.contains("--storage.pushdown is about the server of --storage"))
    }
  }
}
