package import Exposition
package import MetricModel
package import MetricTransfer
import Synchronization

/// What a server has from its configuration file, and how it reads it again.
///
///     let configuration = ServerConfiguration(scrapes: loop, now: now, first: contents) {
///       try read("prometheus.yml")
///     }
///     try configuration.reload()          // on SIGHUP, at /-/reload
package final class ServerConfiguration: Sendable {
  /// What a reading gives.
  package struct Contents: Sendable {
    /// As `/api/v1/status/config` shows it.
    package var yaml: String
    package var otlp: OTLPOptions

    package init(yaml: String, otlp: OTLPOptions) {
      self.yaml = yaml
      self.otlp = otlp
    }
  }

  /// What is in force, and how the last reading went.
  struct State {
    var contents: Contents
    var isLoaded = true
    var loadedAt: Timestamp
  }

  /// Scrapes the targets of the file; nil where nothing is scraped.
  let scrapes: ScrapeLoop?
  /// Hands samples on to the receivers of the file; nil where there is nobody.
  let writes: RemoteWriteLoop?
  private let current: Mutex<State>
  /// One reading at a time.
  private let reading = Mutex(())
  private let now: @Sendable () -> Timestamp
  private let read: @Sendable () throws -> Contents

  /// - Parameters:
  ///   - first: what is in force at the start.
  ///   - read: reads the file and puts what it says into force; when it throws, what was in force
  ///     before stays.
  package init(
    scrapes: ScrapeLoop?, writes: RemoteWriteLoop? = nil, now: @escaping @Sendable () -> Timestamp,
    first: Contents,
    read: @escaping @Sendable () throws -> Contents
  ) {
    current = Mutex(State(contents: first, loadedAt: now()))
    self.scrapes = scrapes
    self.writes = writes
    self.now = now
    self.read = read
  }

  var state: State { current.withLock { $0 } }

  /// Reads the file again.
  package func reload() throws {
    try reading.withLock { _ in
      do {
        let contents = try read()
        let time = now()
        current.withLock { $0 = State(contents: contents, isLoaded: true, loadedAt: time) }
      } catch {
        current.withLock { $0.isLoaded = false }
        throw error
      }
    }
  }
}
