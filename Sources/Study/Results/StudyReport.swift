/// The study's results as pages: Markdown with tables, and plots as SVG.
///
/// The text depends on nothing but the tallies, so the same seeds give the same bytes.
package struct StudyReport: Sendable {
  /// A table with its tallies.
  package struct Section: Sendable {
    package var table: StudyPlan.Table
    package var columns: [Column]

    package init(table: StudyPlan.Table, columns: [Column]) {
      self.table = table
      self.columns = columns
    }
  }

  /// One world: a tally for each policy.
  package struct Column: Sendable {
    package var name: String
    package var limit: InformationLimit?
    package var policies: [String]
    package var tallies: [Tally]

    package init(_ cell: Cell, _ tallies: [Tally]) {
      name = cell.world.name
      limit = cell.world.effect == .none ? nil : InformationLimit(cell.world)
      policies = cell.policies.map(\.name)
      self.tallies = tallies
    }

    package init(_ cell: JointCell, _ tallies: [Tally]) {
      name = cell.name
      limit = nil
      policies = cell.metrics.first?.policies.map(\.name) ?? []
      self.tallies = tallies
    }

    func tally(_ policy: String) -> Tally? {
      policies.firstIndex(of: policy).map { tallies[$0] }
    }
  }

  package var rollouts: Int
  package var sections: [Section]
  /// All metrics of a rollout together.
  package var joint: [Column]

  package init(rollouts: Int, sections: [Section], joint: [Column]) {
    self.rollouts = rollouts
    self.sections = sections
    self.joint = joint
  }

  /// The whole page.
  package var markdown: String {
    var lines = Self.introduction(rollouts)
    lines += StudyTargets(self).lines
    for (number, section) in sections.enumerated() {
      lines += ["", "## \(section.table.title)", ""]
      if let count = section.columns.first?.tallies.first?.rollouts, count != rollouts {
        lines += ["\(Figures.grouped(Double(count))) rollouts a cell.", ""]
      }
      if let plot = Self.plots.first(where: { $0.section == number }) {
        lines += ["![\(plot.alternative)](\(plot.file))", ""]
      }
      lines += Self.rows(section)
    }
    guard !joint.isEmpty else { return lines.joined(separator: "\n") + "\n" }
    lines += [
      "", "## Errors, accuracy and latency of one rollout, one budget of 5 %: false alarms, %", "",
    ]
    let table = StudyPlan.Table(title: "", kind: .falseAlarms, worlds: [])
    lines += Self.rows(Section(table: table, columns: joint))
    return lines.joined(separator: "\n") + "\n"
  }

  private static func introduction(_ rollouts: Int) -> [String] {
    [
      "# Results",
      "",
      "Written by `assay study`: \(Figures.grouped(Double(rollouts))) rollouts a cell, fixed "
        + "seeds. "
        + "±: one standard error. The model, the rules, how to read this: <doc:Study>.",
    ]
  }

  private static func rows(_ section: Section) -> [String] {
    let policies = section.columns.first?.policies ?? []
    var lines = [
      "| policy | " + section.columns.map(\.name).joined(separator: " | ") + " |",
      "| --- |" + String(repeating: " ---: |", count: section.columns.count),
    ]
    for policy in policies {
      let cells = section.columns.map { column in
        column.tally(policy).map { Self.text($0, section.table.kind, column.limit) } ?? "–"
      }
      lines.append("| \(policy) | " + cells.joined(separator: " | ") + " |")
    }
    if section.table.kind == .requests {
      let limits = section.columns.map { Figures.grouped($0.limit?.canaryRequests ?? .nan) }
      lines.append("| *information limit* | " + limits.joined(separator: " | ") + " |")
    }
    return lines
  }

  /// `4.9 ±0.3`, or `1,265 ±9 (1.45×)` with the share found where it is under 99 %.
  private static func text(
    _ tally: Tally, _ kind: StudyPlan.Table.Kind, _ limit: InformationLimit?
  ) -> String {
    let share = Figures.percent(tally.rollbackShare)
    guard kind == .requests else {
      return "\(share) ±\(Figures.percent(tally.rollbackError))"
    }
    if tally.rollbacks == 0 { return "never" }
    var notes: [String] = []
    if let limit, limit.canaryRequests.isFinite {
      notes.append(Figures.fixed(tally.meanRequests / limit.canaryRequests, 2) + "×")
    }
    if tally.rollbackShare < 0.99 { notes.append("\(share) %") }
    let mean =
      "\(Figures.grouped(tally.meanRequests)) ±\(Figures.grouped(tally.meanRequestsError))"
    return notes.isEmpty ? mean : "\(mean) (\(notes.joined(separator: ", ")))"
  }
}
