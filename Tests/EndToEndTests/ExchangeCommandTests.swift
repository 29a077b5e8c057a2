import Foundation
import Testing

/// Samples out and in again in each format, and blocks before promtool.
@Suite struct ExchangeCommandTests {
  private static let recording =
    Program.projectRoot.appending(path: "queries/recordings/healthy").path

  private func imported(_ folder: TemporaryFolder) throws -> String {
    let data = folder.file("data")
    let outcome = try Program.assay.run("tsdb", "import", data, Self.recording, "--json")
    #expect(outcome.exitCode == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
    #expect(outcome.output.contains(#""duplicates": 0"#))
    return data
  }

  private func dump(_ data: String) throws -> String {
    try Program.assay.run("tsdb", "dump", data).output
  }

  @Test(arguments: ["csv", "jsonl", "blocks"])
  func `what is exported comes back the same`(ending: String) throws {
    let folder = try TemporaryFolder()
    let data = try imported(folder)
    let target = folder.file("out.\(ending)")
    let format = ending == "blocks" ? ["--format", "prometheus"] : []
    let outcome = try Program.assay.run(["tsdb", "export", data, target] + format)
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    let again = folder.file("again")
    let back = try Program.assay.run("tsdb", "import", again, target)
    #expect(back.exitCode == 0, "\(back.errors)")
    #expect(try dump(again) == dump(data))
    // What is there already is passed over.
    let twice = try Program.assay.run("tsdb", "import", again, target)
    #expect(twice.output.contains(": 0 samples, "), "\(twice.output)\(twice.errors)")
  }

  @Test(.enabled(if: Program.promtool != nil, "promtool could not be had"))
  func `promtool lists, analyzes and dumps exported blocks`() throws {
    let folder = try TemporaryFolder()
    let promtool = try #require(Program.promtool)
    let data = try imported(folder)
    let target = folder.file("blocks")
    let export = try Program.assay.run(
      "tsdb", "export", data, target, "--format", "prometheus", "--block-duration", "2h")
    #expect(export.exitCode == 0, "\(export.errors)")
    let list = try promtool.run("tsdb", "list", target)
    #expect(list.exitCode == 0, "\(list.errors)")
    #expect(try promtool.run("tsdb", "analyze", target).exitCode == 0)
    let theirs = try promtool.run("tsdb", "dump", target).output.split(separator: "\n")
    let ours = try dump(data).split(separator: "\n")
    #expect(theirs.count == ours.count && ours.count > 1000)
    // Go and we may spell a number differently; labels and times are letters.
    func key(_ line: Substring) -> [Substring] {
      var parts = line.split(separator: " ")
      let value = parts.remove(at: parts.count - 2)
      return parts + ["\(Double(value)?.bitPattern ?? 0)"]
    }
    #expect(Set(theirs.map(key)) == Set(ours.map(key)))
  }

  @Test func `a selection goes to standard output, and an unknown ending is told`() throws {
    let folder = try TemporaryFolder()
    let data = try imported(folder)
    let csv = try Program.assay.run(
      "tsdb", "export", data, "-", "--format", "csv", "--selector", "up", "--start", "end-1m")
    #expect(csv.exitCode == 0 && csv.output.hasPrefix("series,timestamp_ms,value\n"))
    #expect(csv.output.split(separator: "\n").dropFirst().allSatisfy { $0.hasPrefix("\"up{") })
    let unknown = try Program.assay.run("tsdb", "export", data, folder.file("x.y"))
    #expect(unknown.exitCode == 3 && unknown.errors.contains("give --format"))
  }
}
