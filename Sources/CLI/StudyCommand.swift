import ArgumentParser
import FoundationEssentials
import Study

/// `assay study`: how often rules stop good rollouts, and how soon bad ones, by simulation.
struct StudyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "study",
    abstract: "Simulate thousands of rollouts: false alarms and time to rollback of each rule.",
    discussion: """
      Compares the tutorial's template, tuned thresholds, Kayenta's judge, GrowthBook's sequential \
      test and others with Guard and Fast, on the same simulated traffic: with and without a \
      change, with noisy pods, drifting rates, restarts and cold starts. Takes some minutes on \
      two cores; the same number of rollouts gives the same bytes.

        assay study --out Sources/Study/Study.docc

      writes Results.md and its plots; without --out the page is printed.
      """)

  @Option(help: "Rollouts in each cell of the tables.")
  var rollouts = 4_000

  @Option(help: ArgumentHelp("Where Results.md and the plots go.", valueName: "folder"))
  var out: String?

  func validate() throws {
    guard (20...1_000_000).contains(rollouts) else {
      throw ValidationError("--rollouts: found \(rollouts), expected 20 to 1000000")
    }
  }

  func run() async throws {
    try await reporting {
      let report = try await StudyRun(StudyPlan(rollouts: rollouts)).report {
        Terminal.complain("assay: \($0)")
      }
      guard let out else { return Terminal.write(Array(report.markdown.utf8)) }
      try Files.makeFolder(out)
      try Files.write(report.markdown, to: "\(out)/Results.md")
      for picture in report.pictures { try Files.write(picture.svg, to: "\(out)/\(picture.file)") }
    }
  }
}

/// Runs the cells of a study on all cores.
private struct StudyRun {
  let study: StudyPlan

  init(_ study: StudyPlan) { self.study = study }

  func report(progress: (String) -> Void) async throws -> StudyReport {
    var limits: StudyPlan.Limits = [:]
    for (key, cell) in study.tuning {
      let parts = try await split(study.tuningSeeds) { try cell.largestScores(seeds: $0) }
      limits[key] = StudyPlan.limits(of: cell, scores: parts.joinedByPolicy)
    }
    progress("limits are tuned")
    var sections: [StudyReport.Section] = []
    for table in StudyPlan.tables {
      var columns: [StudyReport.Column] = []
      for cell in try StudyPlan.cells(of: table, limits: limits) {
        let parts = try await split(study.seeds) { try cell.tallies(seeds: $0) }
        columns.append(StudyReport.Column(cell, parts.merged))
        progress("\(table.title): \(cell.world.name)")
      }
      sections.append(StudyReport.Section(table: table, columns: columns))
    }
    var joint: [StudyReport.Column] = []
    for cell in try StudyPlan.jointCells() {
      let parts = try await split(study.seeds) { try cell.tallies(seeds: $0) }
      joint.append(StudyReport.Column(cell, parts.merged))
      progress("all metrics: \(cell.name)")
    }
    return StudyReport(rollouts: study.rollouts, sections: sections, joint: joint)
  }

  /// The answers for parts of the seeds, in the order of the parts.
  private func split<Answer: Sendable>(
    _ seeds: Range<UInt64>, _ work: @escaping @Sendable (Range<UInt64>) throws -> Answer
  ) async throws -> [Answer] {
    let starts = Array(stride(from: seeds.lowerBound, to: seeds.upperBound, by: Self.partSize))
    return try await withThrowingTaskGroup(of: (Int, Answer).self) { group in
      for (number, start) in starts.enumerated() {
        let part = start..<min(start + UInt64(Self.partSize), seeds.upperBound)
        group.addTask { (number, try work(part)) }
      }
      var answers: [Int: Answer] = [:]
      for try await (number, answer) in group { answers[number] = answer }
      return starts.indices.compactMap { answers[$0] }
    }
  }

  private static let partSize = 50
}

extension [[Tally]] {
  /// One tally a policy from those of parts.
  fileprivate var merged: [Tally] {
    guard var sum = first else { return [] }
    for part in dropFirst() {
      for index in sum.indices { sum[index].merge(part[index]) }
    }
    return sum
  }
}

extension [[[Double]]] {
  /// The scores of each policy from those of parts.
  fileprivate var joinedByPolicy: [[Double]] {
    guard let first else { return [] }
    return first.indices.map { policy in flatMap { $0[policy] } }
  }
}
