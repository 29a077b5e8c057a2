import Foundation
import Synchronization

/// A server on loopback that answers each request with the bytes a test wants, nothing more.
///
///     let server = try ScriptedServer { request, connection in
///       connection.send("HTTP/1.1 204 No Content\r\n\r\n")
///     }
///     server.url("/path")
package final class ScriptedServer: Sendable {
  /// What a client sent.
  package struct Request: Sendable {
    package var head: String
    package var body: String
    /// Which connection it came over, from 1.
    package var connection: Int

    package var line: String { String(head.prefix { $0 != "\r\n" }) }
  }

  /// The server's end of a connection.
  package struct Connection: Sendable {
    fileprivate let socket: Int32

    @discardableResult
    package func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// False once the client is gone.
    @discardableResult
    package func send(_ bytes: [UInt8]) -> Bool {
      var sent = 0
      while sent < bytes.count {
        let count = unsafe bytes.withUnsafeBytes { buffer in
          unsafe Glibc.send(
            socket, buffer.baseAddress.map { unsafe $0 + sent }, bytes.count - sent,
            Int32(MSG_NOSIGNAL))
        }
        guard count > 0 else { return false }
        sent += count
      }
      return true
    }

    /// Waits until the client closes its end.
    package func waitForEnd() {
      var byte: UInt8 = 0
      while unsafe recv(socket, &byte, 1, 0) > 0 {}
    }

    package func close() { shutdown(socket, Int32(SHUT_RDWR)) }
  }

  package enum Failure: Error { case noSocket }

  package let port: UInt16
  private let listener: Int32

  package init(answer: @escaping @Sendable (Request, Connection) -> Void) throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        unsafe bind(listener, pointer, length) == 0 && listen(listener, 64) == 0
          && getsockname(listener, pointer, &length) == 0
      }
    }
    guard listener >= 0, isBound else { throw Failure.noSocket }
    self.listener = listener
    port = UInt16(bigEndian: address.sin_port)
    Thread.detachNewThread {
      var number = 0
      while true {
        let client = accept(listener, nil, nil)
        guard client >= 0 else { return }
        number += 1
        let connection = number
        Thread.detachNewThread { Self.serve(client, connection, answer) }
      }
    }
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  package func url(_ path: String) -> String { "http://127.0.0.1:\(port)\(path)" }

  private static func serve(
    _ client: Int32, _ number: Int, _ answer: (Request, Connection) -> Void
  ) {
    var pending: [UInt8] = []
    while let request = next(client, &pending, number) {
      answer(request, Connection(socket: client))
    }
    close(client)
  }

  private static func next(_ client: Int32, _ pending: inout [UInt8], _ number: Int) -> Request? {
    while true {
      if let end = pending.firstRange(of: Array("\r\n\r\n".utf8)) {
        let head = String(decoding: pending[..<end.lowerBound], as: UTF8.self)
        let length =
          head.split(separator: "\r\n")
          .first { $0.lowercased().hasPrefix("content-length:") }
          .flatMap { Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) } ?? 0
        if pending.count >= end.upperBound + length {
          let body = pending[end.upperBound..<(end.upperBound + length)]
          pending.removeFirst(end.upperBound + length)
          return Request(
            head: head, body: String(decoding: body, as: UTF8.self), connection: number)
        }
      }
      var buffer = [UInt8](repeating: 0, count: 65536)
      let count = unsafe recv(client, &buffer, buffer.count, 0)
      guard count > 0 else { return nil }
      pending += buffer[..<count]
    }
  }
}

extension ScriptedServer.Connection {
  package func answer(_ body: String, status: String = "200 OK", fields: String = "") {
    send("HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)")
  }
}
