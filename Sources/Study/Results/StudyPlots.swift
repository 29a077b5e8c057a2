extension StudyReport {
  /// A plot of a section.
  struct Plot {
    var section: Int
    var file: String
    var alternative: String
  }

  static let plots = [
    Plot(
      section: 0, file: "FalseAlarms.svg",
      alternative: "False alarms of each policy in each family without a change"),
    Plot(
      section: 2, file: "Requests.svg",
      alternative: "Canary requests before the rollback over the information limit"),
    Plot(
      section: 3, file: "Detection.svg",
      alternative: "Share of rollouts stopped by number of canary requests, pods that differ"),
    Plot(
      section: 6, file: "Latency.svg",
      alternative: "Latency: canary requests before the rollback over the information limit"),
  ]

  /// The pictures by file name.
  package var pictures: [(file: String, svg: String)] {
    Self.plots.compactMap { plot in
      guard sections.indices.contains(plot.section) else { return nil }
      let section = sections[plot.section]
      switch plot.file {
      case "FalseAlarms.svg": return (plot.file, falseAlarms(section).svg)
      case "Detection.svg": return (plot.file, detection(section).svg)
      default: return (plot.file, ratios(section).svg)
      }
    }
  }

  private func falseAlarms(_ section: Section) -> DotPlot {
    DotPlot(
      title: "Rollouts without a change that were rolled back, %",
      axis: DotPlot.Axis(
        name: "% of the rollouts of a family, logarithmic; 0.1 stands for less, too",
        least: 0.1, most: 100, ticks: [0.1, 0.3, 1, 3, 10, 30, 100]),
      line: (5, "budget: 5 %"),
      rows: section.columns.first?.policies ?? [],
      series: section.columns.map { column in
        (column.name, column.tallies.map { max(0.1, $0.rollbackShare * 100) })
      })
  }

  private func ratios(_ section: Section) -> DotPlot {
    // A policy that finds less than half has no time to show.
    DotPlot(
      title: "Mean canary requests before the rollback, as a multiple of the information limit",
      axis: DotPlot.Axis(
        name: "times the information limit, logarithmic; left of it only by false alarms",
        least: 0.3, most: 300, ticks: [0.3, 1, 3, 10, 30, 100, 300]),
      line: (1, "information limit"),
      rows: section.columns.first?.policies ?? [],
      series: section.columns.compactMap { column in
        guard let limit = column.limit?.canaryRequests, limit.isFinite else { return nil }
        return (
          column.name,
          column.tallies.map { $0.rollbackShare < 0.5 ? .nan : $0.meanRequests / limit }
        )
      })
  }

  private func detection(_ section: Section) -> LinePlot {
    let plan = TrafficPlan.usual
    var served: [Double] = []
    for stage in plan.stageOfScrape {
      served.append((served.last ?? 0) + stage.weight * plan.requestsPerScrape)
    }
    let shown = [
      "threshold per version, tuned", "Kayenta every 5 min", "GrowthBook sequential",
      "Guard, noise from history", "Fast, noise from history",
    ]
    guard let column = section.columns.first else { return LinePlot(title: "", lines: []) }
    return LinePlot(
      title: "Share of rollouts stopped by then, %; errors 1→2 %, pods differ by 30 %",
      lines: shown.compactMap { name in
        guard let tally = column.tally(name) else { return nil }
        var count = 0
        let points = served.enumerated().map { index, requests in
          count += tally.rollbacksAtScrape[index] ?? 0
          return (x: requests, y: 100 * Double(count) / Double(max(1, tally.rollouts)))
        }
        return (name, points)
      })
  }
}
