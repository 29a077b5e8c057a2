import AnalysisExecutor
import ArgumentParser
import Exposition
import FoundationEssentials
import HTTPService
import HTTPTransport
import KubernetesClient
import Logging
import RolloutExecutor

/// `assay controller`: drives Rollouts on a cluster.
struct ControllerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "controller",
    abstract: "Drive Rollouts, AnalysisRuns and Experiments on a Kubernetes cluster.",
    discussion: """
      Takes the objects of Argo Rollouts (argoproj.io/v1alpha1) as they are, and writes their \
      status as its controller does. Several may run: the one that holds the Lease works, others \
      wait. Ends on SIGTERM or Ctrl-C and gives the Lease back. Install it with `kubectl apply -k \
      deploy`; from outside a cluster:

        assay controller --kubeconfig ~/.kube/config --prometheus http://127.0.0.1:9090
      """)

  @OptionGroup var cluster: ClusterOptions

  @Option(name: .shortAndLong, help: "Only this namespace; all where none is given.")
  var namespace: String?

  @Option(help: "Only objects with this value of the label for controller instances.")
  var instanceID: String?

  @Option(help: ArgumentHelp("Where /metrics, /healthz and /readyz are.", valueName: "host:port"))
  var listen = "127.0.0.1:8090"

  @Option(help: ArgumentHelp("For templates that name no Prometheus.", valueName: "url"))
  var prometheus: String?

  @Option(help: ArgumentHelp("Where the Lease is.", valueName: "namespace"))
  var leaseNamespace: String?

  @Option(help: "The name in the Lease; the host's with a random part where none is given.")
  var identity: String?

  @Option(help: "Objects of each kind worked on at once.")
  var workers = 10

  @Option(help: "Requests a second to the API server.")
  var qps = 100.0

  @Option(help: "Requests at once after a quiet time.")
  var burst = 200

  func run() async throws {
    try await reporting {
      let address = try ListenAddress(parsing: listen)
      let configuration = try cluster.configuration()
      let transport = HTTPTransport()
      let metrics = ControllerMetrics()
      let report: @Sendable (String) -> Void = { Terminal.complain("assay: \($0)") }
      let election = LeaderElection(
        ClusterClient(configuration, transport: transport),
        lease: ObjectReference(
          .leases, leaseNamespace ?? configuration.namespace, "assay-controller"),
        identity: identity ?? Self.identity, now: WallClock.now)
      let client = ClusterClient(
        configuration, transport: transport, limit: RateLimit(perSecond: qps, burst: burst),
        permission: election.permission, observer: { metrics.count($0) })
      var settings = RemoteSource.Settings()
      settings.prometheusAddress = prometheus
      var options = RolloutController.Options(now: WallClock.now, report: report)
      (options.namespace, options.instance, options.workers) = (namespace, instanceID, workers)
      let source = ClusterMetricSource(client: client, transport: transport, settings: settings)
      let controller = RolloutController(
        client, options: options, metrics: metrics, source: source)
      let probes = ProbeService(
        logger: Logger(label: "assay", factory: { _ in SwiftLogNoOpLogHandler() }),
        metrics: {
          var text = controller.metricsText
          text.gauge(
            "assay_controller_leading", election.isLeading ? 1 : 0,
            "Whether this process holds the Lease.")
          return text
        },
        readiness: {
          guard controller.isReady else { return (false, "reading the cluster") }
          return (true, election.isLeading ? "ok, leading" : "ok, waiting for the lease")
        })
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          try await probes.run(at: address) { report("listening at http://\(address.host):\($0)") }
        }
        group.addTask { await controller.watch() }
        group.addTask {
          await election.run(onError: { report("lease: \($0)") }) {
            report("leading")
            await controller.lead()
            report("no more in the lead")
          }
        }
        // The probes end by a signal; the election then gives its Lease back.
        try await group.next()
        group.cancelAll()
      }
    }
  }

  private static var identity: String {
    let random = String(UInt64.random(in: .min ... .max), radix: 36)
    return "\(ProcessInfo.processInfo.environment["HOSTNAME"] ?? "assay")_\(random)"
  }
}
