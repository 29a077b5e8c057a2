import FoundationEssentials
package import HTTPTransport
package import Scraping

extension HTTPRequest {
  /// Applies what a configuration says of a client: who sends it, whom to trust, further fields.
  ///
  /// - Throws: when a file with a secret can't be read.
  package mutating func apply(_ options: ClientOptions, _ files: TransferFiles) throws {
    func text(_ secret: ScrapeSecret) throws -> String {
      switch secret {
      case .text(let text): text
      case .file(let path): try files.secret(path)
      }
    }
    switch options.credentials {
    case .basic(let username, let password):
      let pair = Data("\(username):\(try text(password))".utf8).base64EncodedString()
      headers["authorization"] = "Basic \(pair)"
    case .authorization(let type, let secret):
      headers["authorization"] = "\(type) \(try text(secret))"
    case nil: break
    }
    for header in options.headers {
      for value in header.values { headers.append(header.name, try text(value)) }
    }
    redirectsMax = options.followsRedirects ? 10 : 0
    guard let tls = options.tls else { return }
    if tls.skipsVerification {
      self.tls.trust = .anybody
    } else if let file = tls.caFile {
      self.tls.trust = .authorities(.file(file))
    }
    if let certificate = tls.certFile, let key = tls.keyFile {
      self.tls.identity = TLSOptions.Identity(certificate: .file(certificate), key: .file(key))
    }
    self.tls.serverName = tls.serverName
  }
}
