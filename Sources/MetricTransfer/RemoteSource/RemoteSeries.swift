import Exposition
package import HTTPTransport
package import MetricModel
package import Scraping

/// The series of another server, selected over the network and evaluated here.
///
///     let source = RemoteSeries("http://prometheus:9090", transport: transport, files: files)
///     let answer = try query.instant(at: now, from: source)
///
/// Asks by remote read, where samples come as they are stored, staleness markers and native
/// histograms included. A server without it (VictoriaMetrics) is asked for the range of a selector
/// in the query API of Prometheus, which leaves markers out: series then end by the lookback.
package struct RemoteSeries: SeriesSource {
  /// What may be asked of the server at once.
  package struct Limits: Sendable {
    package var timeout = Milliseconds.minutes(2)
    /// Of one answer.
    package var bodyBytesMax = 256 << 20

    package init() {}
  }

  /// Which queries are answered whole by the server, so that only answers travel.
  package enum Delegated: String, CaseIterable, Sendable {
    case nothing = "off"
    /// Those that have the same answer there, as far as the server's version tells.
    case equal = "safe"
    /// All that it may know; the answers are then those of that server.
    case everything = "all"
  }

  let server: RemoteServer
  let isCancelled: @Sendable () -> Bool

  package init(
    _ address: String, transport: HTTPTransport, files: TransferFiles,
    client: ClientOptions = ClientOptions(), limits: Limits = Limits(),
    handingOn: Delegated = .equal
  ) {
    server = RemoteServer(
      address, transport: transport, files: files, client: client, limits: limits,
      handsOn: handingOn)
    isCancelled = { false }
  }

  private init(_ server: RemoteServer, _ isCancelled: @escaping @Sendable () -> Bool) {
    self.server = server
    self.isCancelled = isCancelled
  }

  package func heeding(_ isCancelled: @escaping @Sendable () -> Bool) -> RemoteSeries {
    RemoteSeries(server, isCancelled)
  }

  package func engine(for selections: [[LabelMatcher]]) -> (any QueryEngine)? {
    server.reach(isCancelled).map {
      RemoteEngine(server: server, reach: $0, isCancelled: isCancelled)
    }
  }

  /// Waits for the answer on the calling thread, which is one for work and not the cooperative
  /// pool's.
  package func select(
    _ matchers: [LabelMatcher], in range: TimeRange
  ) throws(SelectError) -> any SeriesSelection {
    let series: [Series]
    switch server.way {
    case .remoteRead: series = try read(matchers, in: range)
    case .queries: series = try query(matchers, in: range)
    case nil:
      do throws(SelectError) {
        series = try read(matchers, in: range)
        server.way = .remoteRead
      } catch {
        guard case .unsupported = error else { throw error }
        series = try query(matchers, in: range)
        server.way = .queries
      }
    }
    return try ReceivedSelection(Self.merged(series), in: range)
  }

  /// The times in a range, both ends included, in what protocols carry.
  static func bounds(_ range: TimeRange) -> (first: Int64, last: Int64) {
    // The year 9999; Go's times and durations end before Int64 does.
    let latest: Int64 = 253_402_300_799_999
    let first = max(range.start.milliseconds, -1) + 1
    return (min(first, latest), min(max(range.end.milliseconds, first), latest))
  }

  private func read(
    _ matchers: [LabelMatcher], in range: TimeRange
  ) throws(SelectError) -> [Series] {
    let (first, last) = Self.bounds(range)
    let asked = ReadRequest(queries: [
      ReadRequest.Query(
        start: Timestamp(milliseconds: first), end: Timestamp(milliseconds: last),
        matchers: matchers)
    ])
    var request = HTTPRequest(.post, server.address + "/api/v1/read", body: asked.body)
    request.headers = [
      "Content-Type": "application/x-protobuf", "Content-Encoding": "snappy",
      "X-Prometheus-Remote-Read-Version": "0.1.0",
    ]
    let response = try server.send(request, isCancelled)
    guard response.isSuccess else {
      let reason = "\(server.address) answers remote read with \(RemoteServer.told(response))"
      // What a server says that has no such path, or that isn't one for reading.
      let isUnknown = [400, 404, 405, 415, 422, 501].contains(response.status)
      let isLimit = response.text.contains("limit")
      throw isUnknown && !isLimit ? .unsupported(reason) : .unreadable(reason)
    }
    do throws(WireError) {
      let type = response.headers["content-type"] ?? ""
      if type.hasPrefix("application/x-streamed-protobuf") {
        return try ReadAnswer.parse(frames: response.body, queryCount: 1).first ?? []
      }
      let message = try RemoteWrite.decompressed(
        response.body, bytesMax: server.limits.bodyBytesMax)
      return try ReadAnswer.parse(message: message).first ?? []
    } catch {
      throw .unreadable("\(server.address): \(error)")
    }
  }

  /// The raw samples as the instant query `selector[range]` gives them.
  private func query(
    _ matchers: [LabelMatcher], in range: TimeRange
  ) throws(SelectError) -> [Series] {
    let (first, last) = Self.bounds(range)
    let selector = Self.selector(matchers)
    // A range is open at its start in Prometheus 3, closed in version 2.
    let text = "\(selector)[\(last - first + 1)ms]"
    var request = HTTPRequest(.post, server.address + "/api/v1/query")
    request.headers = ["Content-Type": "application/x-www-form-urlencoded"]
    // VictoriaMetrics would hide what is new.
    let time = Self.seconds(Timestamp(milliseconds: last))
    request.body = Array("query=\(Self.escaped(text))&time=\(time)&nocache=1".utf8)
    let response = try server.send(request, isCancelled)
    guard response.isSuccess else {
      throw .unreadable(
        "\(server.address) answers the query \(text) with \(RemoteServer.told(response))")
    }
    do throws(MatrixJSONError) {
      return try MatrixJSON.parse(response.body).series
    } catch {
      throw .unreadable("\(server.address): \(error)")
    }
  }

  static func selector(_ matchers: [LabelMatcher]) -> String {
    let pairs = matchers.map { matcher in
      let name = LabelName.isLegacy(matcher.name) ? matcher.name : GoText.quoted(matcher.name)
      return "\(name)\(matcher.operation.rawValue)\(GoText.quoted(matcher.value))"
    }
    // A selector must not match everything.
    return pairs.isEmpty ? #"{__name__!=""}"# : "{\(pairs.joined(separator: ","))}"
  }

  static func seconds(_ time: Timestamp) -> String {
    NumberText.plain(Double(time.milliseconds) / 1000)
  }

  static func escaped(_ text: String) -> String {
    text.utf8.map { byte in
      let lowered = byte | 0x20
      let isPlain = (0x30...0x39).contains(byte) || (0x61...0x7a).contains(lowered)
      if isPlain { return String(UnicodeScalar(byte)) }
      let digits = String(byte, radix: 16, uppercase: true)
      return "%" + (digits.utf8.count == 1 ? "0" : "") + digits
    }.joined()
  }

  /// Each labels once, samples in the order of their times.
  private static func merged(_ series: [Series]) -> [Series] {
    let parts = Dictionary(grouping: series, by: \.labels)
    return parts.map { labels, parts in
      parts.count == 1 ? parts[0] : Series(labels: labels, samples: joined(parts.map(\.samples)))
    }
  }

  /// The samples of several answers for one series, each time once.
  private static func joined(_ parts: [SampleColumns]) -> SampleColumns {
    var joined = SampleColumns()
    let numbers = parts.flatMap { Array(zip($0.timestamps, $0.values)) }.sorted { $0.0 < $1.0 }
    for (time, value) in numbers where time > joined.timestamps.last ?? .min {
      joined.append(Timestamp(milliseconds: time), value)
    }
    let histograms = parts.flatMap { Array(zip($0.histograms.timestamps, $0.histograms.values)) }
      .sorted { $0.0 < $1.0 }
    for (time, histogram) in histograms where time > joined.histograms.timestamps.last ?? .min {
      joined.histograms.append(Timestamp(milliseconds: time), histogram)
    }
    return joined
  }
}
