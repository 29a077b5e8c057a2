import ArgumentParser
import Manifest
import MetricModel
import TimeSeriesStore

/// `assay tsdb verify`: every byte against its checksum, every file against the store's rules.
struct TsdbVerify: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Read and check every byte; change nothing.",
    discussion: "Exit code 1 when something is damaged. Each finding says what repair would do.")

  @OptionGroup var options: TsdbOptions

  func run() throws {
    try reporting {
      let report = try ProgressBar.during("reading") { progress in
        try Store.verify(options.directory, progress: progress)
      }
      options.answer(report.json, report.lines)
      if !report.isWhole { try Verdict.fail.end() }
    }
  }
}

/// `assay tsdb repair`: puts right what verify finds.
struct TsdbRepair: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "repair",
    abstract: "Mend what verify finds: turn flipped bits back, cut off and take out what is lost.",
    discussion: """
      Only what a checksum or a missing file proves wrong is changed, and first copied into the \
      folder "damaged" of the data directory. Exit code 1 when something couldn't be mended.
      """)

  @OptionGroup var options: TsdbOptions

  func run() throws {
    try reporting {
      let report = try ProgressBar.during("reading") { progress in
        try Store.repair(options.directory, progress: progress)
      }
      var lines = report.mended.map { "mended \($0)" }
      lines += report.copies.map { "copied to \($0)" }
      lines += report.after.lines
      let document: JSONValue = [
        "mended": .array(report.mended.map(\.json)),
        "copies": .array(report.copies.map(JSONValue.string)), "after": report.after.json,
      ]
      options.answer(document, lines)
      if !report.after.isWhole { try Verdict.fail.end() }
    }
  }
}

extension VerificationReport {
  fileprivate var lines: [String] {
    let summary =
      "\(samples) samples in \(blocks) blocks and \(logs) logs; \(files) files, "
      + "\(sizeBytes) bytes: " + (isWhole ? "whole" : "damaged")
    return findings.map(\.description) + [summary]
  }

  fileprivate var json: JSONValue {
    [
      "isWhole": .bool(isWhole), "samples": .integer(Int64(samples)),
      "blocks": .integer(Int64(blocks)), "logs": .integer(Int64(logs)),
      "files": .integer(Int64(files)), "sizeBytes": .integer(Int64(sizeBytes)),
      "findings": .array(findings.map(\.json)),
    ]
  }
}

extension StoreFinding {
  fileprivate var json: JSONValue {
    [
      "kind": .string(kind.rawValue), "file": .string(file),
      "offset": offset.map { .integer(Int64($0)) } ?? .null, "finding": .string(finding),
      "repair": .string(remedy.description),
    ]
  }
}
