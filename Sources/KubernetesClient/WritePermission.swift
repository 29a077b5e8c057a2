package import HTTPTransport

/// Whether writing is allowed at this moment, and for how long.
package typealias WritePermission = @Sendable () -> WriteGrant

package enum WriteGrant: Hashable, Sendable {
  case granted
  /// The request must be over by then.
  case grantedFor(Duration)
  case refused
}

/// An answer of the API server, for metrics.
package struct RequestRecord: Hashable, Sendable {
  package var method: HTTPRequest.Method
  package var kind: ResourceKind
  /// 0 when there was none.
  package var status: Int
}
