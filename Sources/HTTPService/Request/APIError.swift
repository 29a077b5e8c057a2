import MetricModel

/// Why a request has no answer, in Prometheus' words.
struct APIError: Error, Equatable {
  /// Prometheus' `errorType`, which fixes the status.
  enum Kind: String {
    case badData = "bad_data"
    case execution
    case canceled
    case timeout
    case `internal`
    case notFound = "not_found"
    case unavailable
    /// The request is well formed, what it says can't be done.
    case unprocessable
    case conflict
  }

  var kind: Kind
  var message: String

  init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  /// Why series can't be had: there are more than may be read, or the storage fails.
  ///
  /// - Parameter message: the error's own where nil.
  init(_ error: SelectError, _ message: String? = nil) {
    let isLimit = if case .exceeded = error { true } else { false }
    self.init(isLimit ? .execution : .internal, message ?? error.description)
  }

  /// `invalid parameter "time": cannot parse "x" to a valid timestamp`.
  static func invalidParameter(_ name: String, _ reason: String) -> APIError {
    APIError(.badData, "invalid parameter \"\(name)\": \(reason)")
  }

  /// Why a query wasn't even begun.
  init(_ refusal: Turnstile.Refusal) {
    switch refusal {
    case .tooManyWait(let limit):
      self.init(.unavailable, "too many queries: \(limit) wait for their turn already; ask again")
    case .waitedTooLong(let patience):
      self.init(
        .unavailable, "too many queries: waited \(patience) for a turn, the most allowed; ask again"
      )
    }
  }

  var status: Int {
    switch kind {
    case .badData: 400
    case .execution, .unprocessable: 422
    case .conflict: 409
    case .canceled: 499
    case .timeout, .unavailable: 503
    case .internal: 500
    case .notFound: 404
    }
  }
}
