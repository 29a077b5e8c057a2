import ArgumentParser
import FoundationEssentials
import HTTPTransport
import KubernetesClient
import MetricModel

/// Which cluster, and as whom.
struct ClusterOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The kubeconfig; $KUBECONFIG or ~/.kube/config where none is given.", valueName: "file"))
  var kubeconfig: String?

  @Option(help: "The context of the kubeconfig.")
  var context: String?

  /// The kubeconfig's cluster; inside a Pod without one, the Pod's own.
  func configuration() throws -> ClusterConfiguration {
    let environment = ProcessInfo.processInfo.environment
    if let kubeconfig { return try .kubeconfig([kubeconfig], context: context) }
    if let listed = environment["KUBECONFIG"], !listed.isEmpty {
      let paths = listed.split(separator: ":").map(String.init)
      return try .kubeconfig(
        paths.filter { FileManager.default.fileExists(atPath: $0) }, context: context)
    }
    if let host = environment["KUBERNETES_SERVICE_HOST"],
      let port = environment["KUBERNETES_SERVICE_PORT"]
    {
      return try .inCluster(host: host, port: port)
    }
    return try .kubeconfig(
      [(environment["HOME"] ?? "") + "/.kube/config"], context: context)
  }

  func client() throws -> ClusterClient {
    ClusterClient(try configuration(), transport: HTTPTransport())
  }
}

/// The clock of commands that speak to a cluster.
enum WallClock {
  static let now: @Sendable () -> Timestamp = {
    Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
  }
}
