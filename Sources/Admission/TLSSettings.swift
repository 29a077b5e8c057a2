internal import Manifest
internal import NIOSSL

/// `tls_server_config`: the server's certificate, whom it asks for one, and what it may agree to.
package struct TLSSettings: Sendable {
  /// What PEM text is read from.
  enum PEM: Sendable {
    case file(String)
    case text(String)
  }

  /// What is asked of clients, by Go's names.
  enum ClientAuthentication: String, CaseIterable {
    case none = "NoClientCert"
    /// Asked for, but anything will do, and nothing too.
    case requested = "RequestClientCert"
    /// Anything will do, signed by whomever.
    case any = "RequireAnyClientCert"
    case verifiedIfGiven = "VerifyClientCertIfGiven"
    case verified = "RequireAndVerifyClientCert"
  }

  var certificate: PEM
  var key: PEM
  var clientAuthentication = ClientAuthentication.none
  var clientAuthorities: PEM?
  var versionMin = TLSVersion.tlsv12
  var versionMax = TLSVersion.tlsv13
  /// Empty for the library's own choice, here and below.
  var ciphers: [NIOTLSCipher] = []
  var curves: [NIOTLSCurve] = []

  /// - Parameter path: of the file.
  init?(_ given: ManifestObject, path: String) throws(ManifestError) {
    var fields = given
    let certificate = try Self.optional(&fields, "cert", beside: path)
    let key = try Self.optional(&fields, "key", beside: path)
    clientAuthorities = try Self.optional(&fields, "client_ca", beside: path)
    clientAuthentication = try Self.clientAuthentication(&fields)
    if certificate == nil, key == nil, clientAuthorities == nil, clientAuthentication == .none {
      // As Prometheus: whoever names nothing to speak TLS with doesn't want it.
      return nil
    }
    self.certificate = try Self.required(certificate, "cert", of: fields)
    self.key = try Self.required(key, "key", of: fields)
    if clientAuthorities != nil, clientAuthentication == .none {
      throw ManifestError(
        "authorities for clients are named, but clients aren't asked: set client_auth_type",
        at: given.node, path: given.path(of: "client_ca_file"))
    }
    versionMin = try Self.choice(&fields, "min_version", Self.versions) ?? versionMin
    versionMax = try Self.choice(&fields, "max_version", Self.versions) ?? versionMax
    ciphers = try Self.choices(&fields, "cipher_suites", Self.cipherNames)
      .filter { !Self.alwaysOffered.contains($0) }
    curves = try Self.choices(&fields, "curve_preferences", Self.curveNames)
    // As in Go since 1.17, it decides nothing: the server's order is always preferred.
    _ = try fields.optionalBool("prefer_server_cipher_suites")
    if let names = fields.optional("client_allowed_sans") {
      throw ManifestError(
        "not supported, use an authority of its own for these clients", at: names,
        path: fields.path(of: "client_allowed_sans"))
    }
    try fields.finish()
  }

  private static func optional(
    _ fields: inout ManifestObject, _ name: String, beside path: String
  ) throws(ManifestError) -> PEM? {
    let file = try fields.optionalText("\(name)_file") ?? ""
    let text = try fields.optionalText(name) ?? ""
    if !file.isEmpty { return .file(FilePlace.resolved(file, beside: path)) }
    return text.isEmpty ? nil : .text(text)
  }

  private static func required(
    _ found: PEM?, _ name: String, of fields: ManifestObject
  ) throws(ManifestError) -> PEM {
    if let found { return found }
    throw ManifestError(
      "missing one of \(name) or \(name)_file", at: fields.node, path: fields.path)
  }

  private static func clientAuthentication(
    _ fields: inout ManifestObject
  ) throws(ManifestError) -> ClientAuthentication {
    guard let node = fields.optional("client_auth_type") else { return .none }
    let path = fields.path(of: "client_auth_type")
    switch try node.text(at: path) {
    case "": return .none
    // An older name that Prometheus keeps.
    case "RequireClientCert": return .any
    case let name:
      if let kind = ClientAuthentication(rawValue: name) { return kind }
      let known = ClientAuthentication.allCases.map(\.rawValue).joined(separator: ", ")
      throw ManifestError("found \"\(name)\", expected one of \(known)", at: node, path: path)
    }
  }

  private static func choice<Value>(
    _ fields: inout ManifestObject, _ name: String, _ known: KeyValuePairs<String, Value>
  ) throws(ManifestError) -> Value? {
    guard let node = fields.optional(name) else { return nil }
    return try chosen(node, at: fields.path(of: name), known)
  }

  private static func choices<Value>(
    _ fields: inout ManifestObject, _ name: String, _ known: KeyValuePairs<String, Value>
  ) throws(ManifestError) -> [Value] {
    var result: [Value] = []
    for (node, path) in try fields.list(name) { result.append(try chosen(node, at: path, known)) }
    return result
  }

  private static func chosen<Value>(
    _ node: ManifestNode, at path: String, _ known: KeyValuePairs<String, Value>
  ) throws(ManifestError) -> Value {
    let name = try node.text(at: path)
    if let found = known.first(where: { $0.key == name }) { return found.value }
    let names = known.map(\.key).joined(separator: ", ")
    throw ManifestError("\"\(name)\" isn't supported, only \(names)", at: node, path: path)
  }

  private static let versions: KeyValuePairs = [
    "TLS13": TLSVersion.tlsv13, "TLS12": .tlsv12, "TLS11": .tlsv11, "TLS10": .tlsv1,
  ]

  private static let curveNames: KeyValuePairs = [
    "CurveP256": NIOTLSCurve.secp256r1, "CurveP384": .secp384r1, "CurveP521": .secp521r1,
    "X25519": .x25519,
  ]

  /// Those of TLS 1.3 can't be chosen among, neither here nor in Go.
  private static let alwaysOffered: [NIOTLSCipher] = [
    .TLS_AES_128_GCM_SHA256, .TLS_AES_256_GCM_SHA384, .TLS_CHACHA20_POLY1305_SHA256,
  ]

  private static let cipherNames: KeyValuePairs = [
    "TLS_AES_128_GCM_SHA256": NIOTLSCipher.TLS_AES_128_GCM_SHA256,
    "TLS_AES_256_GCM_SHA384": .TLS_AES_256_GCM_SHA384,
    "TLS_CHACHA20_POLY1305_SHA256": .TLS_CHACHA20_POLY1305_SHA256,
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256": .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384": .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305": .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256":
      .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256": .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384": .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305": .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256": .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA": .TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA": .TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA,
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA": .TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA": .TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,
    "TLS_RSA_WITH_AES_128_GCM_SHA256": .TLS_RSA_WITH_AES_128_GCM_SHA256,
    "TLS_RSA_WITH_AES_256_GCM_SHA384": .TLS_RSA_WITH_AES_256_GCM_SHA384,
    "TLS_RSA_WITH_AES_128_CBC_SHA": .TLS_RSA_WITH_AES_128_CBC_SHA,
    "TLS_RSA_WITH_AES_256_CBC_SHA": .TLS_RSA_WITH_AES_256_CBC_SHA,
  ]
}
