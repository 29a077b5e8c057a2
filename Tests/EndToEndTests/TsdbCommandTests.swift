import Foundation
import Testing

/// `assay tsdb …` over a directory that nobody serves, answering in JSON.
@Suite struct TsdbCommandTests {
  private let folder: TemporaryFolder
  private let data: String

  init() throws {
    folder = try TemporaryFolder()
    data = folder.file("data")
    let recording = Program.projectRoot.appending(path: "queries/recordings/excerpt.om").path
    #expect(try Program.assay.run("tsdb", "import", data, recording).exitCode == 0)
  }

  /// What a command answers; its exit code must be this one.
  private func answer(_ arguments: String..., code: Int32 = 0) throws -> [String: Any] {
    let outcome = try Program.assay.run(["tsdb"] + arguments + ["--json"])
    #expect(outcome.exitCode == code, "\(arguments): \(outcome.errors)")
    let json = try JSONSerialization.jsonObject(with: Foundation.Data(outcome.output.utf8))
    return try #require(json as? [String: Any], "\(outcome.output)")
  }

  private func dump(_ directory: String) throws -> [Substring] {
    try Program.assay.run("tsdb", "dump", directory).output.split(separator: "\n")
  }

  @Test func `list, analyze and verify agree on what is there`() throws {
    let rows = try dump(data)
    let list = try answer("list", data)
    let blocks = try #require(list["blocks"] as? [[String: Any]])
    let head = try #require(list["head"] as? [String: Any])
    let samples = try (blocks + [head]).map { try #require($0["samples"] as? Int) }
    #expect(samples.reduce(0, +) == rows.count)
    let analysis = try answer("analyze", data)
    let names = Set(rows.compactMap { row in row.lastIndex(of: "}").map { row[...$0] } })
    #expect(analysis["series"] as? Int == names.count)
    let report = try answer("verify", data)
    #expect(report["samples"] as? Int == rows.count)
    #expect(report["isWhole"] as? Bool == true)
  }

  @Test func `a snapshot keeps what is deleted afterwards`() throws {
    let before = try dump(data)
    let copy = folder.file("copy")
    #expect(try answer("snapshot", data, copy)["samples"] as? Int == before.count)
    let kept = before.filter { !$0.contains("__name__=\"up\"") }
    let deleted = try answer("delete", data, "up")
    #expect(deleted["samples"] as? Int == before.count - kept.count)
    #expect(kept.count < before.count)
    #expect(try dump(data) == kept)
    #expect(try dump(copy) == before)
    #expect(try answer("verify", copy)["isWhole"] as? Bool == true)
    // A copy isn't written over.
    let again = try Program.assay.run("tsdb", "snapshot", data, copy)
    #expect(again.exitCode == 3)
    #expect(again.errors.contains(copy), "\(again.errors)")
  }

  @Test func `verify names a flipped bit, and repair turns it back`() throws {
    let before = try dump(data)
    let chunks = "blocks/00000001/chunks"
    let file = URL(filePath: data).appending(path: chunks)
    var bytes = try Foundation.Data(contentsOf: file)
    bytes[bytes.count / 2] ^= 4
    try bytes.write(to: file)
    let damaged = try answer("verify", data, code: 1)
    #expect(damaged["isWhole"] as? Bool == false)
    let findings = try #require(damaged["findings"] as? [[String: Any]])
    #expect(findings.count == 1)
    #expect((findings.first?["file"] as? String)?.contains(chunks) == true)
    #expect((findings.first?["repair"] as? String)?.isEmpty == false)
    let repaired = try answer("repair", data)
    #expect((repaired["mended"] as? [Any])?.count == 1)
    #expect((repaired["copies"] as? [Any])?.count == 1)
    #expect(try dump(data) == before)
    #expect(try answer("verify", data)["isWhole"] as? Bool == true)
  }

  @Test func `a directory that holds no store is named`() throws {
    for command in ["list", "analyze", "verify", "repair"] {
      let nowhere = folder.file("nowhere")
      let outcome = try Program.assay.run("tsdb", command, nowhere)
      #expect(outcome.exitCode == 3, "\(command)")
      #expect(outcome.errors.contains("no store at \"\(nowhere)\""), "\(outcome.errors)")
      #expect(!FileManager.default.fileExists(atPath: nowhere), "\(command)")
    }
  }

  @Test func `bench says how fast and how small, and leaves nothing`() throws {
    let place = folder.file("place")
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    let figures = try answer("bench", place, "--series", "20", "--samples", "50")
    for key in ["append", "seal", "read"].map({ "\($0)SamplesPerSecond" }) + ["bytesPerSample"] {
      let figure = try #require(figures[key] as? Double, "\(key)")
      #expect(figure > 0, "\(key)")
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: place).isEmpty)
  }
}
