package import Analysis
package import HTTPTransport
package import MetricModel

/// Sends a request; HTTPTransport, or a script in tests.
package protocol RequestSending: Sendable {
  func send(_ request: HTTPRequest, bodyLimitBytes: Int) async throws -> HTTPResponse
}

extension HTTPTransport: RequestSending {}

/// Asks servers over HTTP: Prometheus, web, graphite, influxdb and kayenta.
package struct RemoteSource: MetricSource {
  let endpoints: EndpointRequests
  let settings: Settings

  /// Where to ask, how long to wait, how much to read.
  package struct Settings: Sendable {
    /// For templates that name no address; Argo's controller has ARGO_ROLLOUTS_PROMETHEUS_ADDRESS.
    package var prometheusAddress: String?
    package var prometheusTimeout = Duration.seconds(30)
    package var webTimeout = Duration.seconds(10)
    package var kayentaTimeout = Duration.seconds(15)
    /// Between two looks at a canary that Kayenta judges.
    package var kayentaPolling = Duration.seconds(15)
    /// How long a canary may take.
    package var kayentaPollsMax = 2_880
    package var prometheusBytesMax = 64 << 20
    package var webBytesMax = 1 << 20
    package var secret: SecretReading = { _, _ in nil }
    package var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }

    package init() {}
  }

  package init(sending: any RequestSending, settings: Settings = Settings()) {
    endpoints = EndpointRequests(sending: sending)
    self.settings = settings
  }

  package func answer(
    _ request: MeasurementRequest, of run: String, at now: Timestamp
  ) async -> MeasurementAnswer {
    do {
      switch request.question {
      case .queries(let queries): return try await prometheus(queries)
      case .web(let web): return .body(try await self.web(web))
      case .graphite(let graphite): return .body(try await self.graphite(graphite))
      case .influxdb(let influx): return .body(try await self.influx(influx))
      case .kayenta(let kayenta, let body):
        return .body(try await self.kayenta(kayenta, body: body))
      case .job: return .failed("jobs aren't performed over HTTP")
      }
    } catch {
      return .failed("\(error)")
    }
  }
}

/// Why a server's answer is of no use.
struct AnswerFault: Error, Equatable, CustomStringConvertible {
  var description: String

  init(_ description: String) {
    self.description = description
  }
}
