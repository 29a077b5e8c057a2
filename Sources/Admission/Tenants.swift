internal import Manifest

/// One who has a part of the server to itself: a store, analyses, limits.
package struct Tenant: Equatable, Sendable {
  /// What a tenant may use. Nil is no limit.
  package struct Limits: Equatable, Sendable {
    /// Series with samples that aren't sealed yet.
    package var series: Int?
    /// Samples a second, on the average of some seconds.
    package var samplesPerSecond: Double?
    /// Queries at once.
    package var queries: Int?
    /// AnalysisRuns at once.
    package var analyses: Int?

    package init() {}
  }

  /// Letters, digits, `-`, `_` and `.`; what the operator calls it.
  package var name: String
  /// The name of its folder below the data directory's `tenants`.
  package var directory: String
  package var limits = Limits()
  /// Whether its analyses may ask servers over the network, and not only its own store.
  package var asksServers = false
  let token: Digest
}

/// The tenants file: who they are, and the hashes of their tokens.
///
///     tenants:
///       - name: shop
///         token_sha256: 2bb80d…     # printf %s "$TOKEN" | sha256sum
///         limits: {series: 100000, samples_per_second: 5000, queries: 4, analyses: 100}
enum TenantsFile {
  private static let tenantsMax = 1_000

  static func read(
    _ path: String, _ reading: inout FileReading
  ) throws(AdmissionError) -> [Tenant] {
    var tenants: [Tenant] = []
    do {
      guard let document = try reading.document(path) else { return [] }
      var fields = try document.object(at: "")
      for (node, place) in try fields.list("tenants") {
        guard tenants.count < tenantsMax else {
          throw ManifestError("more than \(tenantsMax) tenants", at: node, path: place)
        }
        let tenant = try tenant(node, at: place, beside: path, &reading)
        for other in tenants {
          let shared =
            other.name == tenant.name
            ? "name" : other.directory == tenant.directory ? "directory" : nil
          if let shared {
            throw ManifestError("the \(shared) is another tenant's", at: node, path: place)
          }
          if other.token == tenant.token {
            throw ManifestError("the token is \(other.name)'s", at: node, path: place)
          }
        }
        tenants.append(tenant)
      }
      try fields.finish()
    } catch let error as ManifestError {
      throw AdmissionError("\(path):\(error)")
    } catch let error as AdmissionError {
      throw error
    } catch {
      throw AdmissionError("\(path): \(error)")
    }
    return tenants
  }

  private static func tenant(
    _ node: ManifestNode, at place: String, beside path: String, _ reading: inout FileReading
  ) throws -> Tenant {
    var fields = try node.object(at: place)
    let name = try identifier(try fields.required("name"), at: fields.path(of: "name"))
    let folder = try fields.optional("directory").map {
      try identifier($0, at: fields.path(of: "directory"))
    }
    let hash = try fields.optionalText("token_sha256")
    let file = try fields.optionalText("token_file")
    let token: Digest
    switch (hash, file) {
    case (let hash?, nil):
      guard let digest = Digest(hexadecimal: hash) else {
        throw ManifestError(
          "found no SHA-256, expected the 64 digits that sha256sum prints", at: node,
          path: fields.path(of: "token_sha256"))
      }
      token = digest
    case (nil, let file?):
      let bytes = try reading.bytes(FilePlace.resolved(file, beside: path))
      let text = bytes.drop { $0 <= 0x20 }.reversed().drop { $0 <= 0x20 }.reversed()
      guard text.count >= 16 else {
        throw ManifestError(
          "the token has \(text.count) bytes, expected 16 or more", at: node,
          path: fields.path(of: "token_file"))
      }
      token = Digest(of: text)
    default:
      throw ManifestError("expected one of token_sha256, token_file", at: node, path: place)
    }
    var tenant = Tenant(name: name, directory: folder ?? name, token: token)
    tenant.asksServers = try fields.optionalBool("asks_servers") ?? false
    if var limits = try fields.optionalObject("limits") {
      tenant.limits.series = try count(&limits, "series")
      tenant.limits.samplesPerSecond = try count(&limits, "samples_per_second").map(Double.init)
      tenant.limits.queries = try count(&limits, "queries")
      tenant.limits.analyses = try count(&limits, "analyses")
      try limits.finish()
    }
    try fields.finish()
    return tenant
  }

  private static func count(
    _ fields: inout ManifestObject, _ name: String
  ) throws(ManifestError) -> Int? {
    guard let value = try fields.optionalInteger(name) else { return nil }
    guard value > 0, let count = Int(exactly: value) else {
      throw ManifestError(
        "found \(value), expected a number from 1", at: fields.node, path: fields.path(of: name))
    }
    return count
  }

  /// What may be a folder's name anywhere, and is never one above.
  private static func identifier(
    _ node: ManifestNode, at path: String
  ) throws(ManifestError) -> String {
    let text = try node.text(at: path)
    let isPlain = text.utf8.allSatisfy { byte in
      (0x61...0x7a).contains(byte | 0x20) && byte >= 0x41 || (0x30...0x39).contains(byte)
        || "-_.".utf8.contains(byte)
    }
    guard isPlain, (1...64).contains(text.utf8.count), !text.hasPrefix(".") else {
      throw ManifestError(
        "found \"\(text)\", expected 1 to 64 letters, digits, \"-\", \"_\" or \".\"", at: node,
        path: path)
    }
    return text
  }
}
