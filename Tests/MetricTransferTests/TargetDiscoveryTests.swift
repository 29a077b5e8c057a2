import MetricModel
import Scraping
import Synchronization
import Testing

@testable import MetricTransfer

@Suite struct TargetDiscoveryTests {
  private struct NoSuchFile: Error, CustomStringConvertible {
    let description = "no such file"
  }

  /// Files in memory; patterns match by what is before their `*`.
  private final class Disk: Sendable {
    let files = Mutex<[String: String]>([:])
    var access: TransferFiles {
      TransferFiles(
        matching: { pattern in
          let prefix = pattern.prefix { $0 != "*" }
          return self.files.withLock { $0.keys.filter { $0.hasPrefix(prefix) }.sorted() }
        },
        read: { path in
          guard let text = self.files.withLock({ $0[path] }) else { throw NoSuchFile() }
          return Array(text.utf8)
        })
    }
  }

  private var job: ScrapeJob {
    var job = ScrapeJob(name: "j", interval: .seconds(1), timeout: .seconds(1))
    job.files = [TargetFiles(patterns: ["t/*.yml"], refreshInterval: .minutes(5))]
    return job
  }

  private func seconds(_ count: Int64) -> Timestamp { Timestamp(milliseconds: count * 1000) }

  @Test func `files are read again, and a broken one leaves its targets as they were`() {
    let disk = Disk()
    var discovery = TargetDiscovery()
    var said: [String] = []
    func look(_ time: Int64) -> [String]? {
      let changed = discovery.refresh([job], at: seconds(time), disk.access) { said.append($0) }
      return changed ? discovery.groups(of: job, disk.access).flatMap(\.addresses) : nil
    }
    #expect(look(0) == nil)
    disk.files.withLock { $0["t/a.yml"] = "- targets: [a:1]" }
    #expect(look(1) == nil, "too early")
    #expect(look(5) == ["a:1"])
    #expect(look(10) == nil, "nothing has changed")
    disk.files.withLock { $0["t/b.yml"] = #"[{"targets": ["b:1"], "labels": {"x": "y"}}]"# }
    #expect(look(15) == ["a:1", "b:1"])
    disk.files.withLock { $0["t/b.yml"] = "- targets: [b:1" }
    #expect(look(20) == nil && said.count == 1)
    #expect(look(25) == nil && said.count == 1, "once is enough: \(said)")
    #expect(discovery.groups(of: job, disk.access).flatMap(\.addresses) == ["a:1", "b:1"])
    disk.files.withLock { $0["t/b.yml"] = nil }
    #expect(look(30) == ["a:1"])
  }
}
