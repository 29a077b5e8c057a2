import Foundation
import HTTPTransport
import KubernetesClient
import Manifest
import Testing

@Suite struct KubeconfigTests {
  private let directory = FileManager.default.temporaryDirectory
    .appending(path: "kubeconfig-\(UUID().uuidString)")

  private func configuration(
    _ texts: String..., context: String? = nil
  ) throws -> ClusterConfiguration {
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let paths = try texts.enumerated().map { index, text in
      let url = directory.appending(path: "config\(index)")
      try text.write(to: url, atomically: true, encoding: .utf8)
      return url.path
    }
    return try .kubeconfig(paths, context: context)
  }

  private let example = """
    apiVersion: v1
    kind: Config
    current-context: main
    clusters:
    - name: here
      cluster:
        server: "https://10.0.0.1:6443/"
        certificate-authority-data: Y2E=
        tls-server-name: api
    - name: there
      cluster: {server: "https://10.0.0.2", insecure-skip-tls-verify: true}
    users:
    - name: person
      user: {client-certificate-data: Y2VydA==, client-key: key.pem}
    - name: robot
      user:
        exec:
          apiVersion: client.authentication.k8s.io/v1beta1
          command: ./login
          args: [--for, "it's me"]
          env: [{name: MODE, value: quiet}]
    contexts:
    - name: main
      context: {cluster: here, user: person, namespace: shop}
    - name: other
      context: {cluster: there, user: robot}
    """

  @Test func `the current context decides server, trust, identity and namespace`() throws {
    let found = try configuration(example)
    #expect(found.server == "https://10.0.0.1:6443")
    #expect(found.namespace == "shop")
    #expect(found.tls.trust == .authorities(.bytes(Array("ca".utf8))))
    #expect(found.tls.serverName == "api")
    #expect(found.tls.identity?.certificate == .bytes(Array("cert".utf8)))
    #expect(found.tls.identity?.key == .file(directory.appending(path: "key.pem").path))
    #expect(found.credentials == .none)
  }

  @Test func `another context may be chosen, and a plugin may give the credential`() throws {
    let found = try configuration(example, context: "other")
    #expect(found.namespace == "default")
    #expect(found.tls.trust == .anybody)
    let plugin = CredentialPlugin(
      command: "./login", arguments: ["--for", "it's me"], environment: ["MODE=quiet"],
      apiVersion: "client.authentication.k8s.io/v1beta1", directory: directory.path)
    #expect(found.credentials == .plugin(plugin))
  }

  @Test func `of entries with one name the first file's counts`() throws {
    let first = """
      users: [{name: person, user: {token: first}}]
      current-context: other
      """
    let second = example.replacing("user: robot", with: "user: person")
    let found = try configuration(first, second)
    #expect(found.credentials == .token("first"))
    #expect(found.server == "https://10.0.0.2")
  }

  @Test(arguments: [
    ("a: b", "kubeconfig: no current-context; name one of none"),
    ("current-context: x", "kubeconfig: no context \"x\", found none"),
    (
      "{current-context: x, contexts: [{name: x, context: {cluster: c}}], clusters: [{name: d}]}",
      "kubeconfig: no cluster \"c\", found d"
    ),
    (
      "{current-context: x, contexts: [{name: x, context: {cluster: c}}], clusters: [{name: c}]}",
      "kubeconfig: cluster \"c\": no server"
    ),
  ]) func `what is missing is named`(text: String, message: String) throws {
    let error = #expect(throws: ClusterError.self) { try configuration(text) }
    #expect(error?.description == message)
  }

  @Test func `a file that isn't there is named`() {
    let error = #expect(throws: ClusterError.self) {
      try ClusterConfiguration.kubeconfig(["/does/not/exist"])
    }
    #expect(error?.description == "/does/not/exist: can't be read")
  }

  @Test func `a Pod's account comes from its files`() throws {
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    try "shop\n".write(
      to: directory.appending(path: "namespace"), atomically: true, encoding: .utf8)
    let found = try ClusterConfiguration.inCluster(
      host: "fd00::1", port: "443", directory: directory.path)
    #expect(found.server == "https://[fd00::1]:443")
    #expect(found.namespace == "shop")
    #expect(found.credentials == .tokenFile("\(directory.path)/token"))
  }
}
