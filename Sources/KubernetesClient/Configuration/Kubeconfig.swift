internal import HTTPTransport
internal import Manifest
internal import YAMLReader

extension ClusterConfiguration {
  /// Reads the files that `KUBECONFIG` lists, or `~/.kube/config`. Of entries with the same name
  /// the first counts, as for kubectl. `context` nil means the current one.
  package static func kubeconfig(
    _ paths: [String], context: String? = nil
  ) throws(ClusterError) -> ClusterConfiguration {
    var merged = Kubeconfig()
    for path in paths {
      let text = try TextFile.read(path)
      do throws(ManifestError) {
        for document in try YAMLReader.documents(in: text) {
          merged.add(JSONValue(document), directory: Self.directory(of: path))
        }
      } catch {
        throw .configuration("\(path):\(error)")
      }
    }
    return try merged.configuration(context: context)
  }

  private static func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}

/// The entries of one or several kubeconfig files.
struct Kubeconfig {
  /// An entry with the directory its relative paths start from.
  private struct Entry {
    var value: JSONValue
    var directory: String
  }

  private var clusters: [String: Entry] = [:]
  private var users: [String: Entry] = [:]
  private var contexts: [String: Entry] = [:]
  private var current: String?

  mutating func add(_ file: JSONValue, directory: String) {
    func gather(_ list: String, _ field: String, into entries: inout [String: Entry]) {
      for item in file[list]?.asArray ?? [] {
        guard let name = item["name"]?.asString, entries[name] == nil else { continue }
        entries[name] = Entry(value: item[field] ?? [:], directory: directory)
      }
    }
    gather("clusters", "cluster", into: &clusters)
    gather("users", "user", into: &users)
    gather("contexts", "context", into: &contexts)
    if current == nil, let name = file["current-context"]?.asString, !name.isEmpty {
      current = name
    }
  }

  func configuration(context: String?) throws(ClusterError) -> ClusterConfiguration {
    guard let name = context ?? current else {
      throw .configuration("kubeconfig: no current-context; name one of \(names(contexts))")
    }
    let context = try entry(name, of: contexts, "context").value
    let clusterName = context["cluster"]?.asString ?? ""
    let cluster = try entry(clusterName, of: clusters, "cluster")
    guard let server = cluster.value["server"]?.asString else {
      throw .configuration("kubeconfig: cluster \"\(clusterName)\": no server")
    }
    var result = ClusterConfiguration(
      server: server, namespace: context["namespace"]?.asString ?? "default")
    if let authorities = try pem("certificate-authority", of: cluster) {
      result.tls.trust = .authorities(authorities)
    }
    if cluster.value["insecure-skip-tls-verify"]?.asBool == true { result.tls.trust = .anybody }
    result.tls.serverName = cluster.value["tls-server-name"]?.asString
    if let userName = context["user"]?.asString, !userName.isEmpty {
      try add(entry(userName, of: users, "user"), to: &result)
    }
    return result
  }

  private func add(_ user: Entry, to result: inout ClusterConfiguration) throws(ClusterError) {
    if let certificate = try pem("client-certificate", of: user),
      let key = try pem("client-key", of: user)
    {
      result.tls.identity = TLSOptions.Identity(certificate: certificate, key: key)
    }
    if let path = user.value["tokenFile"]?.asString {
      result.credentials = .tokenFile(absolute(path, user))
    } else if let token = user.value["token"]?.asString {
      result.credentials = .token(token)
    } else if let name = user.value["username"]?.asString {
      result.credentials = .basic(user: name, password: user.value["password"]?.asString ?? "")
    } else if let exec = user.value["exec"] {
      guard let command = exec["command"]?.asString else {
        throw .configuration("kubeconfig: exec: no command")
      }
      result.credentials = .plugin(
        CredentialPlugin(
          command: command, arguments: exec["args"]?.asArray?.compactMap(\.asString) ?? [],
          environment: (exec["env"]?.asArray ?? []).compactMap { variable in
            variable["name"]?.asString.map { "\($0)=\(variable["value"]?.asString ?? "")" }
          },
          apiVersion: exec["apiVersion"]?.asString ?? "client.authentication.k8s.io/v1",
          directory: user.directory))
    } else if user.value["auth-provider"] != nil {
      throw .configuration("kubeconfig: auth-provider is gone from Kubernetes, use exec")
    }
  }

  /// `field` as a file, or `field-data` in base 64, which counts more.
  private func pem(_ field: String, of entry: Entry) throws(ClusterError) -> TLSOptions.PEM? {
    if let text = entry.value["\(field)-data"]?.asString, !text.isEmpty {
      return .bytes(try TextFile.decoded(base64: text, of: "\(field)-data"))
    }
    guard let path = entry.value[field]?.asString, !path.isEmpty else { return nil }
    return .file(absolute(path, entry))
  }

  private func absolute(_ path: String, _ entry: Entry) -> String {
    path.hasPrefix("/") ? path : "\(entry.directory)/\(path)"
  }

  private func entry(
    _ name: String, of entries: [String: Entry], _ what: String
  ) throws(ClusterError) -> Entry {
    if let entry = entries[name] { return entry }
    throw .configuration("kubeconfig: no \(what) \"\(name)\", found \(names(entries))")
  }

  private func names(_ entries: [String: Entry]) -> String {
    entries.isEmpty ? "none" : entries.keys.sorted().joined(separator: ", ")
  }
}
