package import Manifest

/// Plays the scenarios of files and says what wasn't as expected.
///
///     let report = ScenarioRunner.run(documents)
///     print("\(report.passed) passed, \(report.failures.count) failed")
package enum ScenarioRunner {
  package struct Report: Equatable, Sendable {
    package var passed = 0
    /// The scenario's name and what was wrong, one line each.
    package var failures: [String] = []

    package init() {}

    package mutating func add(_ name: String, _ faults: [String]) {
      if faults.isEmpty {
        passed += 1
      } else {
        failures.append("\(name): \(faults.joined(separator: "; "))")
      }
    }

    /// `12 passed, 0 failed`.
    package var summary: String { "\(passed) passed, \(failures.count) failed" }
  }

  /// Documents that are neither scenarios nor a table of replica counts are left alone.
  ///
  /// - Parameter killing: also play each scenario once for each of its writes, with the controller
  ///   killed before it: all it is expected to end in must be so nevertheless.
  package static func run(_ documents: [ManifestNode], killing: Bool = false) -> Report {
    var report = Report()
    for document in documents {
      if ReplicaTable.isTable(document) {
        ReplicaTable(document).check(&report)
      } else if Scenario.isScenario(document) {
        play(document, killing: killing, &report)
      }
    }
    return report
  }

  /// What happens in each scenario, as lines for people, and what wasn't as expected; see
  /// `ScenarioTrace`.
  package static func trace(_ documents: [ManifestNode]) throws(ManifestError) -> [String] {
    var lines: [String] = []
    for document in documents where Scenario.isScenario(document) {
      let scenario = try Scenario(document)
      var run = try ScenarioRun(scenario)
      let faults = run.play(scenario)
      lines += lines.isEmpty ? [] : [""]
      lines += [scenario.name, ""] + run.trace.lines + faults.map { "FAILED \($0)" }
    }
    return lines
  }

  private static func play(_ document: ManifestNode, killing: Bool, _ report: inout Report) {
    let name = document["scenario"]?.asText ?? "scenario"
    do throws(ManifestError) {
      let scenario = try Scenario(document)
      var run = try ScenarioRun(scenario)
      report.add(scenario.name, run.play(scenario))
      guard killing else { return }
      for write in 1...max(1, run.writeCount) {
        var killed = try ScenarioRun(scenario, killAt: write)
        report.add("\(scenario.name) (killed at write \(write))", killed.play(scenario))
      }
    } catch {
      report.add(name, ["\(error)"])
    }
  }
}
