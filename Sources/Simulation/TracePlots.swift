internal import Analysis
package import MetricModel

/// Plots of what a trace holds.
package struct TracePlots: Sendable {
  package var trace: Trace
  package var width: Int

  package init(_ trace: Trace, width: Int = 90) {
    self.trace = trace
    self.width = width
  }

  /// For each metric, in the order of its first measurement: canary beside stable where the metric
  /// compares the two, else what was read.
  package var metrics: [TextPlot] {
    var names: [String] = []
    for (_, note) in notes where !names.contains(note.metric) { names.append(note.metric) }
    return names.compactMap { plot(of: $0) }
  }

  private var notes: [(minute: Double, note: MeasurementNote)] {
    trace.entries.compactMap { entry in
      guard case .measured(let note) = entry.event else { return nil }
      return (minute(entry.time), note)
    }
  }

  private func minute(_ time: Timestamp) -> Double { time.since(trace.start).seconds / 60 }

  /// Nil for a metric measured once, of which the timeline says it all.
  private func plot(of metric: String) -> TextPlot? {
    let own = notes.filter { $0.note.metric == metric }
    let measure = own.compactMap(\.note.report?.measure).first
    var series = [
      line("stable", "○", own) { $0.report?.stable.level },
      line("canary", "●", own) { $0.report?.canary.level },
    ]
    if series.allSatisfy(\.points.isEmpty) {
      series = [line(measure ?? metric, "●", own) { $0.reading }]
    }
    series.removeAll { $0.points.isEmpty }
    guard series.contains(where: { $0.points.count > 1 }) else { return nil }
    return TextPlot(
      title: measure.map { "\(metric): \($0)" } ?? metric, series: series, width: width,
      xText: { "R+\(ShortNumber.fixed($0, decimals: 0))m" })
  }

  private func line(
    _ name: String, _ mark: Character, _ notes: [(minute: Double, note: MeasurementNote)],
    _ value: (MeasurementNote) -> Double?
  ) -> TextPlot.Line {
    let points = notes.compactMap { minute, note in
      value(note).map { TextPlot.Point(x: minute, y: $0) }
    }
    return TextPlot.Line(name: name, mark: mark, points: points.filter(\.y.isFinite))
  }

  /// The canary's share of traffic and the pods, minute by minute.
  package func schedule(until end: Timestamp) -> [String] {
    let minutes = max(1, min(Int((minute(end)).rounded(.up)), width - 20))
    var weights: [Double] = []
    var pods: [Double] = []
    for index in 0..<minutes {
      let time = trace.start.advanced(by: .minutes(Int64(index + 1)))
      let now = trace.entries.last { $0.time < time }?.situation ?? Situation()
      weights.append(Double(now.weight))
      pods.append(Double(now.canary.available))
    }
    let most = pods.max() ?? 0
    return [
      "weight      " + bars(weights, most: 100) + " of 100 %",
      "canary pods " + bars(pods, most: most) + " most: \(Int(most))",
      "            R" + String(repeating: " ", count: minutes) + "R+\(minutes)m",
    ]
  }

  private func bars(_ values: [Double], most: Double) -> String {
    let levels = Array(" ▁▂▃▄▅▆▇█")
    return String(
      values.map { value -> Character in
        let share = most > 0 ? min(max(value / most, 0), 1) : 0
        return levels[Int((share * Double(levels.count - 1)).rounded(.up))]
      })
  }
}
