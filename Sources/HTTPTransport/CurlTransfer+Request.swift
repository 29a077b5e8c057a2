internal import CCurl

extension CurlTransfer {
  /// Applies a request; the reason when it can't be sent.
  func prepare(_ request: HTTPRequest) -> String? {
    let fields = request.headers.fields
    for text in [request.url] + fields.flatMap({ [$0.name, $0.value] })
    where text.utf8.contains(where: { $0 < 32 && $0 != 9 || $0 == 127 }) {
      return "found a control character in the URL or a header field"
    }
    var address = Address(request.url)
    guard let real = address, let host = address?.host, !host.isEmpty else {
      return "expected an absolute http or https URL"
    }
    var isSet = true
    if let name = request.tls.serverName, name != host {
      // The name in the URL is what is asked for and checked; the connection goes elsewhere.
      address?.host = name
      isSet = isSet && set(CURL_TEXT_CONNECT_TO, "::\(host):\(real.port)")
      if request.headers["host"] == nil {
        isSet = isSet && set(CURL_TEXT_HEADER, "host: \(real.authority)")
      }
    }
    isSet = isSet && set(CURL_TEXT_URL, address?.text ?? request.url)
    isSet = isSet && set(CURL_TEXT_METHOD, request.method.rawValue)
    if request.method == .head { isSet = isSet && set(CURL_NUMBER_HAS_NO_BODY, 1) }
    if let body = request.body { isSet = isSet && set(CURL_BYTES_BODY, body) }
    for field in fields {
      // libcurl takes "name:" as a wish to leave the field out, "name;" as one without a value.
      isSet =
        isSet
        && set(
          CURL_TEXT_HEADER,
          field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)")
    }
    for (name, absent) in [("expect", "expect:"), ("content-type", "content-type:")]
    where request.headers[name] == nil {
      isSet = isSet && set(CURL_TEXT_HEADER, absent)
    }
    if request.acceptsCompression { isSet = isSet && set(CURL_TEXT_ACCEPT_ENCODING, "gzip") }
    isSet = isSet && set(CURL_NUMBER_REDIRECTS_MAX, request.redirectsMax)
    guard isSet, set(request.timeouts), set(request.tls) else {
      return "the URL, a header field or a certificate was not accepted"
    }
    return nil
  }

  private func set(_ timeouts: HTTPTimeouts) -> Bool {
    var isSet = set(CURL_NUMBER_CONNECT_MS, max(1, timeouts.connect.milliseconds))
    if let total = timeouts.total {
      isSet = isSet && set(CURL_NUMBER_TOTAL_MS, max(1, total.milliseconds))
    }
    if let idle = timeouts.idle {
      isSet = isSet && set(CURL_NUMBER_IDLE_SECONDS, max(1, idle.milliseconds / 1000))
    }
    return isSet
  }

  private func set(_ tls: TLSOptions) -> Bool {
    var isSet = true
    switch tls.trust {
    case .system: break
    case .anybody: isSet = set(CURL_NUMBER_IS_INSECURE, 1)
    case .authorities(.bytes(let bytes)): isSet = set(CURL_BYTES_CA, bytes)
    case .authorities(.file(let path)): isSet = set(CURL_TEXT_CA_FILE, path)
    }
    if let identity = tls.identity {
      isSet = isSet && set(identity.certificate, CURL_BYTES_CERT, CURL_TEXT_CERT_FILE)
      isSet = isSet && set(identity.key, CURL_BYTES_KEY, CURL_TEXT_KEY_FILE)
    }
    return isSet
  }

  private func set(_ pem: TLSOptions.PEM, _ asBytes: curl_bytes, _ asFile: curl_text) -> Bool {
    switch pem {
    case .bytes(let bytes): set(asBytes, bytes)
    case .file(let path): set(asFile, path)
    }
  }
}

/// The parts of an http or https URL that decide where it leads.
struct Address {
  private var scheme: String
  /// With its "@"; "" where the URL names none.
  private var user = ""
  /// In brackets for IPv6.
  var host: String
  private var explicitPort: String?
  private var rest: String

  init?(_ url: String) {
    guard let slashes = url.firstRange(of: "://") else { return nil }
    scheme = url[..<slashes.lowerBound].lowercased()
    guard scheme == "http" || scheme == "https" else { return nil }
    let after = url[slashes.upperBound...]
    var authority = after.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    rest = String(after[authority.endIndex...])
    if let at = authority.lastIndex(of: "@") {
      user = String(authority[...at])
      authority = authority[authority.index(after: at)...]
    }
    let bracket = authority.lastIndex(of: "]") ?? authority.startIndex
    if let colon = authority[bracket...].lastIndex(of: ":") {
      host = String(authority[..<colon])
      explicitPort = String(authority[authority.index(after: colon)...])
    } else {
      host = String(authority)
    }
  }

  var port: String { explicitPort ?? (scheme == "https" ? "443" : "80") }
  var authority: String { host + (explicitPort.map { ":\($0)" } ?? "") }
  var text: String { "\(scheme)://\(user)\(authority)\(rest)" }
}

extension Duration {
  /// Whole milliseconds, rounded down, held within what libcurl takes.
  var milliseconds: Int {
    let (seconds, attoseconds) = components
    guard seconds < 2_000_000 else { return 2_000_000_000 }
    return max(0, Int(seconds)) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
  }
}
