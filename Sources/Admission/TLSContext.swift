internal import NIOCore
internal import NIOSSL

/// What makes the TLS side of each new connection, from the files as they are then.
struct TLSContext: Sendable {
  private let context: NIOSSLContext
  private let takesAnyCertificate: Bool

  init(_ settings: TLSSettings, _ reading: inout FileReading) throws(AdmissionError) {
    let chain = try Self.certificates(settings.certificate, &reading)
    let key = try Self.key(settings.key, &reading)
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
    configuration.minimumTLSVersion = settings.versionMin
    configuration.maximumTLSVersion = settings.versionMax
    configuration.applicationProtocols = ["http/1.1"]
    if !settings.ciphers.isEmpty { configuration.cipherSuiteValues = settings.ciphers }
    if !settings.curves.isEmpty { configuration.curves = settings.curves }
    if let authorities = settings.clientAuthorities {
      configuration.trustRoots = .certificates(try Self.certificates(authorities, &reading))
      // So that clients with several certificates know which one to show.
      configuration.sendCANameList = true
    }
    configuration.certificateVerification =
      switch settings.clientAuthentication {
      case .none: .none
      case .requested, .verifiedIfGiven: .optionalVerification
      // Certificates of clients bear no host's name.
      case .any, .verified: .noHostnameVerification
      }
    takesAnyCertificate = [.requested, .any].contains(settings.clientAuthentication)
    do {
      context = try NIOSSLContext(configuration: configuration)
    } catch {
      throw AdmissionError("\(Self.place(settings.certificate)): can't be used for TLS: \(error)")
    }
  }

  func handler() -> NIOSSLServerHandler {
    guard takesAnyCertificate else { return NIOSSLServerHandler(context: context) }
    return NIOSSLServerHandler(
      context: context,
      customVerificationCallback: { _, promise in promise.succeed(.certificateVerified) })
  }

  private static func place(_ pem: TLSSettings.PEM) -> String {
    switch pem {
    case .file(let path): path
    case .text: "the PEM text in the configuration"
    }
  }

  private static func bytes(
    _ pem: TLSSettings.PEM, _ reading: inout FileReading
  ) throws(AdmissionError) -> [UInt8] {
    switch pem {
    case .file(let path): try reading.bytes(path)
    case .text(let text): Array(text.utf8)
    }
  }

  private static func certificates(
    _ pem: TLSSettings.PEM, _ reading: inout FileReading
  ) throws(AdmissionError) -> [NIOSSLCertificate] {
    let bytes = try bytes(pem, &reading)
    do {
      let certificates = try NIOSSLCertificate.fromPEMBytes(bytes)
      if !certificates.isEmpty { return certificates }
    } catch {
      throw AdmissionError("\(place(pem)): holds no certificate in PEM: \(error)")
    }
    throw AdmissionError("\(place(pem)): holds no certificate in PEM")
  }

  private static func key(
    _ pem: TLSSettings.PEM, _ reading: inout FileReading
  ) throws(AdmissionError) -> NIOSSLPrivateKey {
    let bytes = try bytes(pem, &reading)
    do {
      return try NIOSSLPrivateKey(bytes: bytes, format: .pem)
    } catch {
      throw AdmissionError("\(place(pem)): holds no private key in PEM: \(error)")
    }
  }
}
