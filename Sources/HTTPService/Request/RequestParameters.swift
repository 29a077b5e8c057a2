import MetricModel

/// The parameters of a request: those of a form body, then those of the address, each name as often
/// as it was given.
///
///     let parameters = try RequestParameters(form: body, query: "limit=5")
///     try parameters.time("start")
///
/// Readers of a parameter throw Prometheus' `bad_data` with its name.
struct RequestParameters: Sendable {
  private var values: [String: [String]] = [:]

  init() {}

  /// Both as `name=value&…`; body values come first, as Go's `FormValue` takes them.
  init(form: some Collection<UInt8>, query: some Collection<UInt8>) throws(APIError) {
    try add(form)
    try add(query)
  }

  private mutating func add(_ encoded: some Collection<UInt8>) throws(APIError) {
    for pair in encoded.split(separator: UInt8(ascii: "&")) {
      let parts = pair.split(
        separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      let name = try PercentDecoding.decode(parts[0], plusIsSpace: true)
      let value = parts.count > 1 ? try PercentDecoding.decode(parts[1], plusIsSpace: true) : ""
      values[name, default: []].append(value)
    }
  }

  /// The first value, "" when there is none.
  func text(_ name: String) -> String { values[name]?.first ?? "" }

  /// All values in their order.
  func all(_ name: String) -> [String] { values[name] ?? [] }

  /// A number for all parameters but some, the same in whatever order they came; of this process.
  func digest(without names: Set<String>) -> Int {
    var digest = 0
    for (name, texts) in values where !names.contains(name) {
      var hasher = Hasher()
      hasher.combine(name)
      hasher.combine(texts)
      digest ^= hasher.finalize()
    }
    return digest
  }

  /// Seconds since the epoch or RFC 3339.
  func time(_ name: String) throws(APIError) -> Timestamp {
    let spelled = text(name)
    guard let time = Timestamp(parsing: spelled) else {
      throw .invalidParameter(
        name, "cannot parse \(GoText.quoted(spelled)) to a valid timestamp")
    }
    return time
  }

  /// As `time(_:)`; `fallback` when the parameter is absent or empty.
  func time(_ name: String, default fallback: Timestamp) throws(APIError) -> Timestamp {
    let spelled = text(name)
    if spelled.isEmpty { return fallback }
    guard let time = Timestamp(parsing: spelled) else {
      throw .invalidParameter(
        name,
        "invalid time value for '\(name)': cannot parse \(GoText.quoted(spelled)) to a valid "
          + "timestamp")
    }
    return time
  }

  /// Seconds or Prometheus' spelling, `1h30m`; parts of a millisecond are cut off.
  func duration(_ name: String) throws(APIError) -> Milliseconds {
    let spelled = text(name)
    if let seconds = NumberText.parseDecimal(spelled.utf8) {
      let nanoseconds = seconds * 1e9
      guard nanoseconds.magnitude <= 0x1p63 else {
        throw .invalidParameter(
          name,
          "cannot parse \(GoText.quoted(spelled)) to a valid duration. It overflows int64")
      }
      let milliseconds = (nanoseconds / 1e6).rounded(.towardZero)
      if let exact = Int64(exactly: milliseconds) { return Milliseconds(exact) }
    }
    guard let duration = Milliseconds(parsing: spelled) else {
      throw .invalidParameter(name, "cannot parse \(GoText.quoted(spelled)) to a valid duration")
    }
    return duration
  }

  /// As `duration(_:)`; nil when the parameter is absent or empty.
  func optionalDuration(_ name: String) throws(APIError) -> Milliseconds? {
    text(name).isEmpty ? nil : try duration(name)
  }

  /// A count, nil when absent, empty or 0, which all mean "no limit".
  func limit() throws(APIError) -> Int? {
    let spelled = text("limit")
    if spelled.isEmpty { return nil }
    guard let limit = Int(spelled) else {
      throw .invalidParameter(
        "limit", "strconv.Atoi: parsing \(GoText.quoted(spelled)): invalid syntax")
    }
    guard limit >= 0 else { throw .invalidParameter("limit", "limit must be non-negative") }
    return limit == 0 ? nil : limit
  }
}
