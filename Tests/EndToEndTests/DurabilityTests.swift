import Exposition
import Foundation
import FoundationNetworking
import MetricModel
import Testing

/// What was acknowledged must be there afterwards: after kill -9 amid writes, and after the disk
/// was full.
@Suite(.serialized) struct DurabilityTests {
  /// How often the server is killed; `make study` asks for minutes of it.
  private static let rounds =
    ProcessInfo.processInfo.environment["ASSAY_KILL_ROUNDS"].flatMap { Int($0) } ?? 3

  @Test func `an acknowledged sample survives kill -9`() async throws {
    let folder = try TemporaryFolder()
    func serve() async throws -> Server {
      try await Server(.assay, log: folder.file("log")) { port in
        ["serve", "--data", folder.file("data"), "--listen", "127.0.0.1:\(port)"]
      }
    }
    var writers = (0..<4).map { DurableWriter(number: $0) }
    for round in 1...Self.rounds {
      let server = try await serve()
      let progress = Progress()
      // The kill falls somewhere into the stream of writes: after so many were acknowledged.
      let target = 20 + 37 * (round % 5)
      let killer = Task {
        await progress.reached(target)
        server.kill()
      }
      writers = try await withThrowingTaskGroup(of: DurableWriter.self) { group in
        for writer in writers {
          group.addTask {
            var writer = writer
            while true {
              switch try await writer.write(to: server) {
              case .accepted: await progress.advance()
              case .refused(let answer): throw Refused(answer: answer)
              case .lost: return writer
              }
            }
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      await killer.value
      let reopened = try await serve()
      for index in writers.indices {
        let stored = try await writers[index].stored(in: reopened)
        let acknowledged = writers[index].acknowledged
        #expect(
          stored >= acknowledged, "round \(round): acknowledged \(acknowledged), found \(stored)")
        // At most the one batch under way may be there without having been acknowledged.
        #expect(stored <= acknowledged + 1)
        writers[index].acknowledged = stored
      }
      #expect(reopened.stop() == 0)
    }
  }

  @Test(
    .enabled(if: SmallDisk.canBeMade, "a small file system can't be mounted here"))
  func `a full disk refuses writes, keeps what it has, and goes on when there is room`()
    async throws
  {
    let folder = try TemporaryFolder()
    let disk = try SmallDisk(sizeMebibytes: 6)
    func serve() async throws -> Server {
      try await Server(.assay, log: folder.file("log")) { port in
        ["serve", "--data", disk.file("data"), "--listen", "127.0.0.1:\(port)"]
      }
    }
    let ballast = disk.file("ballast")
    try Foundation.Data(count: 2 << 20).write(to: URL(filePath: ballast))
    let server = try await serve()
    var writer = DurableWriter(number: 0, seriesCount: 2000)
    var refusal: Server.Answer?
    while refusal == nil {
      try #require(writer.acknowledged < 2000, "the disk didn't fill")
      if case .refused(let answer) = try await writer.write(to: server) { refusal = answer }
    }
    // A sender tries again after any 5xx.
    #expect(try #require(refusal).status == 503 || refusal?.status == 500)
    #expect(refusal?.text.lowercased().contains("no space") == true, "\(refusal?.text ?? "")")
    #expect(try await writer.stored(in: server) == writer.acknowledged)
    try FileManager.default.removeItem(atPath: ballast)
    guard case .accepted = try await writer.write(to: server) else {
      Issue.record("refused although there is room again")
      return
    }
    server.kill()
    let reopened = try await serve()
    #expect(try await writer.stored(in: reopened) == writer.acknowledged)
    #expect(reopened.stop() == 0)
  }

  @Test(
    .enabled(if: SmallDisk.canBeMade, "a small file system can't be mounted here"))
  func `a disk that may only be read is told, and read`() async throws {
    let folder = try TemporaryFolder()
    let disk = try SmallDisk(sizeMebibytes: 6)
    let data = disk.file("data")
    let server = try await CommandTests.serve(data, log: folder.file("log"))
    var writer = DurableWriter(number: 0)
    guard case .accepted = try await writer.write(to: server) else {
      Issue.record("a first batch was refused")
      return
    }
    #expect(server.stop() == 0)
    try disk.makeReadOnly()
    for arguments in [["serve", "--data", data], ["tsdb", "repair", data]] {
      let outcome = try Program.assay.run(arguments)
      #expect(outcome.exitCode == 3, "\(arguments)")
      for part in [data, "Read-only file system", "choose another directory"] {
        #expect(outcome.errors.contains(part), "\(outcome.errors)")
      }
    }
    let count = try Program.assay.run("query", "count(durable)", "--data", data)
    #expect(count.exitCode == 0 && count.output.hasPrefix("10 "), "\(count)")
    #expect(try Program.assay.run("tsdb", "verify", data).exitCode == 0)
  }

  private struct Refused: Error { var answer: Server.Answer }

  /// Counts acknowledgements of all writers.
  private actor Progress {
    private var count = 0
    private var waiting: (target: Int, continuation: CheckedContinuation<Void, Never>)?

    func advance() {
      count += 1
      guard let (target, continuation) = waiting, count >= target else { return }
      waiting = nil
      continuation.resume()
    }

    func reached(_ target: Int) async {
      if count >= target { return }
      await withCheckedContinuation { waiting = (target, $0) }
    }
  }
}

/// Sends batches of which each series gets one sample, and knows which of them were acknowledged.
struct DurableWriter: Sendable {
  let number: Int
  var seriesCount = 10
  /// Batches 1 to this one were acknowledged.
  var acknowledged: Int64 = 0

  enum Outcome {
    case accepted
    case refused(Server.Answer)
    /// The server went away before it answered.
    case lost
  }

  /// The next batch.
  mutating func write(to server: Server) async throws -> Outcome {
    var batch = SampleBatch()
    for series in 0..<seriesCount {
      let index = batch.addSeries(
        Labels([("__name__", "durable"), ("n", "\(series)"), ("writer", "\(number)")]))
      let time = Timestamp(milliseconds: 1_700_000_000_000 + (acknowledged + 1) * 1000)
      // Digits that don't compress, for the disk to fill.
      batch.append(series: index, time, Double(acknowledged + 1) / Double(series + 3))
    }
    var request = try server.request(
      "/api/v1/write", method: "POST", body: Foundation.Data(RemoteWrite.encode(batch)))
    request.setValue("snappy", forHTTPHeaderField: "Content-Encoding")
    request.setValue("application/x-protobuf", forHTTPHeaderField: "Content-Type")
    guard let answer = try? await server.send(request) else { return .lost }
    guard answer.status == 204 || answer.status == 200 else { return .refused(answer) }
    acknowledged += 1
    return .accepted
  }

  /// The number of batches that all series hold.
  func stored(in server: Server) async throws -> Int64 {
    let query = "min(count_over_time(durable%7Bwriter=%22\(number)%22%7D%5B10y%5D))"
    let answer = try await server.send(
      server.request("/api/v1/query?query=\(query)&time=1900000000"))
    let json = try JSONSerialization.jsonObject(with: answer.body) as? [String: Any]
    let result = (json?["data"] as? [String: Any])?["result"] as? [[String: Any]]
    // No batch at all is an empty answer.
    if let result, result.isEmpty { return 0 }
    let value = (result?.first?["value"] as? [Any])?.last as? String
    return Int64(try #require(value, "\(answer.text)")) ?? -1
  }
}

/// A file system in memory that is soon full; gone with the value.
final class SmallDisk: Sendable {
  private let path: String

  struct CannotMount: Error {}

  static let canBeMade = (try? SmallDisk(sizeMebibytes: 1)) != nil

  init(sizeMebibytes: Int) throws {
    path = NSTemporaryDirectory() + "assay-disk-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    let mount = Program(path: "/bin/mount")
    let options = "size=\(sizeMebibytes)m"
    guard
      let outcome = try? mount.run("-t", "tmpfs", "-o", options, "tmpfs", path),
      outcome.exitCode == 0
    else {
      try? FileManager.default.removeItem(atPath: path)
      throw CannotMount()
    }
  }

  /// From now on nothing can be written; nothing may be open for writing.
  func makeReadOnly() throws {
    let outcome = try Program(path: "/bin/mount").run("-o", "remount,ro", path)
    guard outcome.exitCode == 0 else { throw CannotMount() }
  }

  deinit {
    _ = try? Program(path: "/bin/umount").run("--lazy", path)
    try? FileManager.default.removeItem(atPath: path)
  }

  func file(_ name: String) -> String { path + "/" + name }
}
