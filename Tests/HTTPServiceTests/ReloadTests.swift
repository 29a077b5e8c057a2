import HTTPTransport
import Logging
import Manifest
import MetricModel
import Rules
import Synchronization
import Testing
import TimeSeriesStore

@testable import HTTPService

/// Rules read anew while the server runs.
@Suite struct ReloadTests {
  private static func groups(_ rules: String) throws -> [RuleGroup] {
    let text = #"{"groups": [{"name": "g", "interval": "1m", "rules": [\#(rules)]}]}"#
    let node = try JSONValue(parsing: text).manifestNode
    let (file, errors) = RuleFile.read(node, path: "r.yml")
    try #require(errors.isEmpty, "\(errors)")
    return file.groups
  }

  private static let alert = #"{"alert": "Up", "expr": "up > 0", "for": "1h"}"#
  private static let record = #"{"record": "ups", "expr": "count(up)"}"#
  private static let other = #"{"record": "downs", "expr": "count(up == 0)"}"#

  private struct Refusal: Error, CustomStringConvertible {
    let description = "r.yml:1:1: no such thing"
  }

  private func runner(
    _ groups: [RuleGroup], store: Store, read: @escaping @Sendable () throws -> [RuleGroup]
  ) -> RuleRunner {
    var options = RuleOptions()
    options.groups = groups
    options.readGroups = read
    let logger = Logger(label: "test")
    return RuleRunner(
      options, store: store, now: { Timestamp(milliseconds: 60_000) },
      pool: WorkerPool(threads: 1),
      notifier: AlertNotifier(options: options, transport: HTTPTransport(), logger: logger),
      logger: logger)
  }

  @Test func `what was known of a rule stays known, and series of lost rules end`() throws {
    let served = try ServedStore()
    let runner = runner(try Self.groups("\(Self.alert), \(Self.record)"), store: served.store) {
      []
    }
    for minute in 0..<2 {
      _ = runner.evaluate(0, at: Timestamp(milliseconds: 15_000 + Int64(minute) * 15_000))
    }
    let before = try #require(runner.reports.first)
    #expect(before.state.rules[0].activeAlerts.count == 2)
    runner.replaceGroups(by: try Self.groups("\(Self.other), \(Self.alert)"))
    let after = try #require(runner.reports.first)
    #expect(after.state.rules[1].activeAlerts == before.state.rules[0].activeAlerts)
    #expect(after.evaluations == 2)
    _ = runner.evaluate(0, at: Timestamp(milliseconds: 45_000))
    #expect(try served.text("GET /api/v1/query?query=ups&time=40").contains("value"))
    #expect(!(try served.text("GET /api/v1/query?query=ups&time=46").contains("value")))
    runner.replaceGroups(by: [])
    #expect(runner.reports.isEmpty)
  }

  @Test func `rules that can't be read leave those before`() throws {
    let served = try ServedStore()
    let all = try Self.groups(Self.record)
    let box = SharedFlag()
    let runner = runner(all, store: served.store) {
      if box.isSet { return all }
      throw Refusal()
    }
    #expect(throws: Refusal.self) { try runner.reload() }
    #expect(!runner.lastLoading.hasSucceeded)
    #expect(runner.reports.count == 1)
    box.set()
    try runner.reload()
    #expect(runner.lastLoading.hasSucceeded)
  }

  @Test func `reloading has to be allowed`() throws {
    let refused = try ServedStore().text("POST /-/reload")
    #expect(refused == "403 Lifecycle API is not enabled.")
    let allowed = try ServedStore { $0.isLifecycleEnabled = true }
    #expect(try allowed.text("POST /-/reload") == "200 ")
    let broken = try ServedStore {
      $0.isLifecycleEnabled = true
      $0.rules.readGroups = { throw Refusal() }
    }
    #expect(
      try broken.text("POST /-/reload")
        == "500 failed to reload config: r.yml:1:1: no such thing\n")
  }
}

private final class SharedFlag: Sendable {
  private let value = Mutex(false)

  var isSet: Bool { value.withLock { $0 } }

  func set() { value.withLock { $0 = true } }
}
