import Study
import Testing

@Suite struct StudyReportTests {
  /// A report of tallies that are made up: every policy stops at scrape 9 in one rollout of four.
  private static let made = Result { try report() }

  private static func report() throws -> StudyReport {
    let sections = try StudyPlan.tables.map { table in
      let columns = try table.worlds.map { world in
        let cell = Cell(
          world, try StudyPlan.policies(in: world, warmUpSeconds: table.warmUpSeconds))
        return StudyReport.Column(cell, cell.policies.map { _ in tally })
      }
      return StudyReport.Section(table: table, columns: columns)
    }
    let joint = try StudyPlan.jointCells().map { cell in
      StudyReport.Column(cell, cell.metrics[0].policies.map { _ in tally })
    }
    return StudyReport(rollouts: 4, sections: sections, joint: joint)
  }

  private static var tally: Tally {
    var tally = Tally()
    tally.add(rollbackAt: 9, canaryRequests: 1_500)
    for _ in 0..<3 { tally.add(rollbackAt: nil, canaryRequests: 108_000) }
    return tally
  }

  @Test func `every table has a row for each policy, every row as many cells as the head`() throws {
    let lines = try Self.made.get().markdown.split(separator: "\n").map(String.init)
    var width = 0
    for (line, next) in zip(lines, lines.dropFirst()) where line.hasPrefix("|") {
      let cells = line.split(separator: "|", omittingEmptySubsequences: false).count
      if next.hasPrefix("| ---") { width = cells }
      #expect(cells == width, "\(line)")
    }
    #expect(lines.filter { $0.hasPrefix("| Guard |") }.count == StudyPlan.tables.count)
    // 1,500 and three times 108,000.
    #expect(lines.contains { $0.contains("81,375 ±26,625") })
    #expect(lines.contains { $0.contains("25.0 ±21.7") })
  }

  @Test func `targets say what was reached`() throws {
    let page = try Self.made.get().markdown
    #expect(
      page.contains(
        "| errors 1→2 % | Fast, noise from history | ≤ 1,400 requests | 81,375 ±26,625 | missed |"))
    #expect(page.contains("worst family without a change"))
  }

  @Test func `pictures are well-formed`() throws {
    let pictures = try Self.made.get().pictures
    #expect(pictures.count == 4)
    for (file, svg) in pictures {
      #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n"), "\(file)")
      #expect(!svg.contains("–\"") && !svg.contains("nan"), "\(file)")
      let opened = svg.split(separator: "<text ").count - 1
      #expect(svg.split(separator: "</text>").count - 1 == opened, "\(file)")
    }
  }
}
