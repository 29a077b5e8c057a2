import ArgumentParser
import StatisticsVectors

/// `assay test statistics FILE…`: files of reference vectors against the statistics.
struct StatisticsVectorFiles: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "statistics",
    abstract: "Run files of reference vectors against the statistics.",
    discussion: """
      Prints each failure with its case, the field, what was got and what was wanted; then what \
      was skipped because it isn't offered, with the reason; and closes with "N passed, N failed", \
      counting cases. Ends with 0 when all passed, 1 when some failed, 3 when a file can't be read.

        assay test statistics vectors/*.json
      """)

  @ArgumentParser.Argument(help: "Files of vectors, JSON.")
  var files: [String]

  func run() throws {
    try reporting {
      var total = VectorReport()
      for path in files {
        let file: VectorFile
        do {
          file = try VectorFile(parsing: try Files.readText(path))
        } catch let fault as VectorFile.Fault {
          throw CommandError("\(path): \(fault.description)")
        }
        let report = file.run()
        for failure in report.failures { Terminal.print("\(path): \(failure)") }
        total.merge(report)
      }
      for line in total.skipSummary { Terminal.print(line) }
      Terminal.print(
        "\(total.comparedFields) fields compared, \(total.skips.count) skipped, "
          + "\(total.skippedCases) cases skipped")
      Terminal.print(total.summary)
      try (total.failures.isEmpty ? Verdict.pass : .fail).end()
    }
  }
}
