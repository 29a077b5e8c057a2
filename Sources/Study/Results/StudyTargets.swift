/// The figures that Guard and Fast are to reach, beside what they reached.
struct StudyTargets {
  private let report: StudyReport

  init(_ report: StudyReport) { self.report = report }

  /// What is looked up in the tallies.
  private enum Quantity {
    /// The mean of canary requests, at most.
    case requests(Double)
    /// The share rolled back, at most.
    case alarms(Double)
    /// The share rolled back, at least.
    case found(Double)
  }

  private struct Target {
    var name: String
    var policy: String
    var section: Int
    var world: String
    var quantity: Quantity
  }

  private static let targets: [Target] = {
    let (worse, noisy, byDefault, native) = (2, 3, 5, 6)
    let guarding = "Guard, noise from history"
    let fast = "Fast, noise from history"
    func requests(_ most: Double, _ policy: String, _ section: Int, _ world: String) -> Target {
      Target(
        name: world, policy: policy, section: section, world: world, quantity: .requests(most))
    }
    return [
      requests(1_400, fast, worse, "errors 1→2 %"),
      requests(1_500, guarding, worse, "errors 1→2 %"),
      requests(235, fast, worse, "errors 1→5 %"),
      requests(235, guarding, worse, "errors 1→5 %"),
      requests(4_650, fast, worse, "errors 1→1.5 %"),
      requests(6_100, guarding, worse, "errors 1→1.5 %"),
      requests(26_500, fast, worse, "errors 1→1.2 %"),
      Target(
        name: "errors 1→1.2 % found", policy: fast, section: worse, world: "errors 1→1.2 %",
        quantity: .found(0.97)),
      requests(8_000, fast, worse, "accuracy .92→.91"),
      requests(1_750, fast, worse, "accuracy .92→.9"),
      requests(240, fast, worse, "accuracy .92→.85"),
      requests(600, fast, native, "all +10 %"),
      requests(660, fast, byDefault, "all +10 %"),
      requests(600, fast, native, "slowest 5 % +25 %"),
      requests(5_000, fast, byDefault, "slowest 5 % +25 %"),
      Target(
        name: "pods sd .3, errors 1→2 % found", policy: guarding, section: noisy,
        world: "pods sd .3", quantity: .found(0.95)),
      Target(
        name: "pods sd .3, no change", policy: guarding, section: 0, world: "pods sd .3",
        quantity: .alarms(0.03)),
    ]
  }()

  var lines: [String] {
    var lines = [
      "", "## Targets", "", "| what | policy | at most / at least | reached | |",
      "| --- | --- | ---: | ---: | --- |",
    ]
    lines += Self.targets.compactMap { row($0) }
    for (policy, most) in [("Guard", 0.03), ("Fast", 0.05)] {
      for source in ["", ", noise from history"] {
        if let line = worstFamily("\(policy)\(source)", most) { lines.append(line) }
      }
    }
    lines += ratios
    return lines
  }

  private func row(_ target: Target) -> String? {
    guard report.sections.indices.contains(target.section),
      let column = report.sections[target.section].columns.first(where: {
        $0.name == target.world
      }), let tally = column.tally(target.policy)
    else { return nil }
    let (wanted, reached): (String, String)
    // How far on the good side, and the standard error of that.
    let (lead, error): (Double, Double)
    switch target.quantity {
    case .requests(let most):
      wanted = "≤ \(Figures.grouped(most)) requests"
      reached =
        "\(Figures.grouped(tally.meanRequests)) ±\(Figures.grouped(tally.meanRequestsError))"
      (lead, error) = (most - tally.meanRequests, tally.meanRequestsError)
    case .alarms(let most):
      wanted = "≤ \(Figures.percent(most)) %"
      reached = Self.share(tally)
      (lead, error) = (most - tally.rollbackShare, tally.rollbackError)
    case .found(let least):
      wanted = "≥ \(Figures.percent(least)) %"
      reached = Self.share(tally)
      (lead, error) = (tally.rollbackShare - least, tally.rollbackError)
    }
    return Self.line(target.name, target.policy, wanted, reached, lead, error)
  }

  /// The family with the most false alarms; where the cold start is handled by a warm-up, that one.
  private func worstFamily(_ policy: String, _ most: Double) -> String? {
    var worst: (name: String, tally: Tally)?
    for section in report.sections where section.table.kind == .falseAlarms {
      for column in section.columns {
        let isCold = column.name == "cold vs stable"
        guard isCold == (section.table.warmUpSeconds > 0) else { continue }
        let minutes = Int(section.table.warmUpSeconds / 60)
        let name = isCold ? "\(policy), first \(minutes) min of a pod dropped" : policy
        guard let tally = column.tally(name) else { continue }
        if tally.rollbackShare > worst?.tally.rollbackShare ?? -1 { worst = (column.name, tally) }
      }
    }
    for column in report.joint {
      guard let tally = column.tally(policy) else { continue }
      if tally.rollbackShare > worst?.tally.rollbackShare ?? -1 {
        worst = ("all metrics, \(column.name)", tally)
      }
    }
    return worst.map { name, tally in
      Self.line(
        "worst family without a change: \(name)", policy, "≤ \(Figures.percent(most)) %",
        Self.share(tally), most - tally.rollbackShare, tally.rollbackError)
    }
  }

  /// Fast against the information limit, where it takes more than six scrapes.
  private var ratios: [String] {
    let policy = "Fast, noise from history"
    guard report.sections.count > 2 else { return [] }
    return report.sections[2].columns.compactMap { column in
      guard let limit = column.limit, limit.scrapes.isFinite, limit.scrapes > 5.5,
        let tally = column.tally(policy)
      else { return nil }
      let most = limit.scrapes > 20 ? 1.25 : 1.5
      let ratio = tally.meanRequests / limit.canaryRequests
      return Self.line(
        "\(column.name), over the information limit", policy, "≤ \(Figures.fixed(most, 2))×",
        "\(Figures.fixed(ratio, 2))×", most - ratio,
        tally.meanRequestsError / limit.canaryRequests)
    }
  }

  private static func share(_ tally: Tally) -> String {
    "\(Figures.percent(tally.rollbackShare)) ±\(Figures.percent(tally.rollbackError)) %"
  }

  private static func line(
    _ name: String, _ policy: String, _ wanted: String, _ reached: String, _ lead: Double,
    _ error: Double
  ) -> String {
    let word = lead >= 0 ? "reached" : lead >= -2 * error ? "within 2 standard errors" : "missed"
    return "| \(name) | \(policy) | \(wanted) | \(reached) | \(word) |"
  }
}
