package import KubernetesClient
internal import Manifest
package import MetricModel
internal import Synchronization

/// Holds a Lease, or waits for it.
///
/// Its `permission` is what the controller's client asks before each write: when the term is over,
/// nothing is written any more, whatever a worker was about to do.
package final class LeaderElection: Sendable {
  private let client: ClusterClient
  private let reference: ObjectReference
  private let term: Mutex<LeaseTerm>
  private let now: @Sendable () -> Timestamp
  private let birth = ContinuousClock.now

  /// `client` must not ask this election for permission.
  package init(
    _ client: ClusterClient, lease: ObjectReference, identity: String,
    now: @escaping @Sendable () -> Timestamp
  ) {
    self.client = client
    reference = lease
    term = Mutex(LeaseTerm(identity: identity))
    self.now = now
  }

  package var permission: WritePermission {
    { [self] in term.withLock { $0.grant(at: .now - birth) } }
  }

  package var isLeading: Bool { permission() != .refused }

  /// Leads whenever it can: runs `lead` for the length of each term, cancels it when the term is
  /// lost. Ends, and gives the lease back, when the task is cancelled.
  package func run(
    onError: @escaping @Sendable (ClusterError) -> Void, lead: @escaping @Sendable () async -> Void
  ) async {
    while !Task.isCancelled {
      await renew(onError)
      if isLeading {
        await withTaskGroup(of: Void.self) { group in
          group.addTask { await lead() }
          group.addTask {
            while self.isLeading, await self.pause() { await self.renew(onError) }
          }
          await group.next()
          group.cancelAll()
        }
      }
      if !(await pause()) { break }
    }
    await release()
  }

  private func pause() async -> Bool {
    do { try await Task.sleep(for: LeaseTerm.period) } catch { return false }
    return true
  }

  private func renew(_ onError: @Sendable (ClusterError) -> Void) async {
    do throws(ClusterError) {
      let lease: JSONValue?
      do throws(ClusterError) {
        lease = try await client.get(reference)
      } catch {
        guard error.isNotFound else { throw error }
        lease = nil
      }
      let sent = ContinuousClock.now - birth
      switch term.withLock({ $0.next(after: lease, now: sent, time: now()) }) {
      case .wait: return
      case .create(let spec): try await write(spec, over: nil)
      case .replace(let spec): try await write(spec, over: lease)
      }
      term.withLock { $0.wrote(sent: sent) }
    } catch {
      if !error.isConflict, !error.alreadyExists, !error.isCancelled { onError(error) }
    }
  }

  /// A conflict means that another one was faster.
  private func write(_ spec: JSONValue, over lease: JSONValue?) async throws(ClusterError) {
    guard var object = lease else {
      let object: JSONValue = [
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
        "metadata": ["name": .string(reference.name), "namespace": .string(reference.namespace)],
        "spec": spec,
      ]
      try await client.create(object, as: .leases, namespace: reference.namespace)
      return
    }
    object["spec"] = spec
    try await client.replace(reference, with: object)
  }

  /// Lets the next one begin at once.
  private func release() async {
    guard isLeading else { return }
    term.withLock { $0.released() }
    // Not the cancelled task's own: this is its last deed.
    await Task { [client, reference, identity = term.withLock({ $0.identity })] in
      _ = try? await client.update(reference) { lease in
        guard (lease["spec"] ?? [:]).text("holderIdentity") == identity else { return nil }
        var lease = lease
        lease[path: "spec", "holderIdentity"] = ""
        lease[path: "spec", "leaseDurationSeconds"] = 1
        return lease
      }
    }.value
  }
}
