package import Exposition
package import MetricModel

/// Where samples are handed on to: an entry of `remote_write`.
package struct RemoteWriteTarget: Equatable, Sendable {
  /// Unique among the entries; under it the place reached is remembered.
  package var name: String
  package var url: String
  /// Of one request.
  package var timeout = Milliseconds.seconds(30)
  package var version = RemoteWriteVersion.v1
  package var relabelings: [RelabelRule] = []
  package var client = ClientOptions()
  package var sendsExemplars = false
  package var sendsNativeHistograms = false
  package var sendsMetadata = true
  package var queue = RemoteWriteQueue()

  package init(name: String, url: String) {
    self.name = name
    self.url = url
  }
}

/// `queue_config`: how much goes out at once, and what happens when it can't.
package struct RemoteWriteQueue: Equatable, Sendable {
  package var samplesPerSend = 2000
  /// How long samples wait for a request to fill.
  package var sendDeadline = Milliseconds.seconds(5)
  package var backoffMin = Milliseconds(30)
  package var backoffMax = Milliseconds.seconds(5)
  package var retriesTooManyRequests = false
  /// Older samples aren't sent; nil for no such limit.
  package var sampleAgeMax: Milliseconds?

  package init() {}
}
