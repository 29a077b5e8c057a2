import MetricModel

/// Where to listen: `127.0.0.1:9090`, `[::1]:9090`, or `:9090` for every address of the machine.
package struct ListenAddress: Equatable, Sendable, CustomStringConvertible {
  package var host: String
  /// 0 lets the system choose.
  package var port: Int

  package init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  /// - Throws: `ServiceError.address` with what would be accepted.
  package init(parsing text: String) throws(ServiceError) {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[colon...].dropFirst()) else {
      throw .address(text)
    }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      throw .address(text)
    }
    self.init(host: host.isEmpty ? "0.0.0.0" : String(host), port: Int(port))
  }

  package var description: String {
    host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }
}

/// Why the server can't run.
package enum ServiceError: Error, Equatable, CustomStringConvertible {
  /// A text that is no address to listen on.
  case address(String)
  /// The system refused the address.
  case cannotListen(ListenAddress, reason: String)

  package var description: String {
    switch self {
    case .address(let text):
      "\(GoText.quoted(text)) is no address to listen on, "
        + "expected host:port such as 127.0.0.1:9090"
    case .cannotListen(let address, let reason):
      "cannot listen on \(address): \(reason); stop what uses it, or choose another port"
    }
  }
}
