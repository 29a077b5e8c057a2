package import MetricModel
package import PromQL
import TimeSeriesStore

/// What an operator may set; the defaults are Prometheus'.
package struct ServiceOptions: Sendable {
  /// Where snapshots go, as `snapshots/NAME` below it: the store's own directory.
  package var dataDirectory: String
  /// Whether `/api/v1/admin/…` answers.
  package var isAdminEnabled = false
  /// Whether `/-/reload` answers.
  package var isLifecycleEnabled = false
  /// What the server has from a configuration file; nil where it was started without one.
  package var configuration: ServerConfiguration?
  /// What `/api/v1/status/buildinfo` and `/metrics` report.
  package var version = "unknown"
  /// How queries are understood; a request may ask for another lookback.
  package var queries = QueryOptions()
  /// The longest a query may run; a request may ask for less.
  package var queryTimeout = Milliseconds.minutes(2)
  /// Samples that a query may hold at once.
  package var querySamplesMax = QueryLimits().samplesMax
  /// Bytes that a query may hold at once.
  package var queryBytesMax = QueryLimits().bytesMax
  /// Threads for queries. One for each core keeps them all busy.
  package var queryThreads = 2
  /// Threads for ingestion, which mostly waits for the disk.
  package var ingestThreads = 4
  /// How far these step back: somebody waits for a query, while senders queue what they can't send
  /// yet. At 5 a thread gets a third of what one for queries gets.
  static let ingestNiceness: Int32 = 5
  /// Open connections; further ones wait to be accepted.
  package var connectionsMax = 512
  /// A connection without a request is closed after this.
  package var idleTimeout = Milliseconds.minutes(5)
  /// How long requests being answered may take once the server is asked to end.
  package var shutdownTimeout = Milliseconds.seconds(30)
  /// Bytes of a form body.
  package var formBytesMax = 4 << 20
  /// Bytes of a remote-write body as sent.
  package var writeBytesMax = 16 << 20
  /// Bytes of a remote-write body once decompressed.
  package var decodedWriteBytesMax = 32 << 20
  /// How often the store is asked whether something is to be sealed or merged: what comes meanwhile
  /// stays in memory, and a restart reads it.
  package var maintenanceInterval = Milliseconds.seconds(1)
  /// Another server, whose series are found beside those of the store; nil for none.
  package var elsewhere: (any SeriesCatalog)?
  /// The rules to evaluate, and who hears of alerts.
  package var rules = RuleOptions()
  /// The command's options as text, for `/api/v1/status/flags`.
  package var flags: [String: String] = [:]
  /// What time it is, for requests that don't say.
  package var now: @Sendable () -> Timestamp = Posix.now

  package init(dataDirectory: String) {
    self.dataDirectory = dataDirectory
  }

  /// What queries are evaluated over: what the store has now, and what is elsewhere.
  func series(beside store: Store) -> any SeriesCatalog {
    store.snapshot().joined(with: elsewhere)
  }
}
