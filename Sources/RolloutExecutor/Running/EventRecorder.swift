internal import KubernetesClient
internal import Manifest
internal import MetricModel
internal import Synchronization

/// Writes Kubernetes events, in the background and in their order. What is told again within ten
/// minutes is counted on the event that is there. An event that can't be written is dropped: events
/// tell, nothing is decided by them.
final class EventRecorder: Sendable {
  private struct Note: Hashable, Sendable {
    var object: String
    var reason: String
    var message: String
  }

  private struct Written {
    var reference: ObjectReference
    var count: Int64
    var last: Timestamp
  }

  private struct Entry: Sendable {
    var note: Note
    var body: JSONValue
    var namespace: String
    var time: Timestamp
  }

  private let client: ClusterClient
  private let now: @Sendable () -> Timestamp
  private let (entries, entry) = AsyncStream.makeStream(
    of: Entry.self, bufferingPolicy: .bufferingNewest(10_000))
  private let serial = Mutex(0)

  init(_ client: ClusterClient, now: @escaping @Sendable () -> Timestamp) {
    self.client = client
    self.now = now
  }

  func record(_ reason: String, _ message: String, about object: JSONValue, isWarning: Bool = false)
  {
    let time = now()
    let number = serial.withLock { serial in
      serial &+= 1
      return serial
    }
    let name = "\(object.name).\(String(time.milliseconds, radix: 16))\(String(number, radix: 16))"
    let note = Note(object: object.uid, reason: reason, message: message)
    entry.yield(
      Entry(
        note: note,
        body: [
          "apiVersion": "v1", "kind": "Event",
          "metadata": ["name": .string(name), "namespace": .string(object.namespace)],
          "involvedObject": [
            "apiVersion": object["apiVersion"] ?? "", "kind": object["kind"] ?? "",
            "name": .string(object.name), "namespace": .string(object.namespace),
            "uid": .string(object.uid), "resourceVersion": .string(object.resourceVersion),
          ],
          "reason": .string(reason), "message": .string(String(message.prefix(1000))),
          "type": isWarning ? "Warning" : "Normal", "count": 1,
          "firstTimestamp": .string(time.wholeSeconds), "lastTimestamp": .string(time.wholeSeconds),
          "source": ["component": "assay-controller"],
        ], namespace: object.namespace, time: time))
  }

  /// Until the task is cancelled.
  func run() async {
    var written: [Note: Written] = [:]
    for await task in entries {
      if Task.isCancelled { return }
      do throws(ClusterError) {
        if let known = written[task.note], task.time.since(known.last) < .minutes(10) {
          try await client.patch(
            known.reference,
            [
              "count": .integer(known.count + 1), "lastTimestamp": .string(task.time.wholeSeconds),
            ])
          written[task.note]?.count += 1
          written[task.note]?.last = task.time
        } else {
          let event = try await client.create(task.body, as: .events, namespace: task.namespace)
          if written.count > 4096 { written.removeAll() }
          written[task.note] = Written(
            reference: ObjectReference(.events, task.namespace, event.name), count: 1,
            last: task.time)
        }
      } catch {
        written[task.note] = nil
      }
    }
  }
}

extension Timestamp {
  /// Kubernetes' `Time`, which has no fraction.
  var wholeSeconds: String {
    Timestamp(milliseconds: milliseconds - (milliseconds % 1000 + 1000) % 1000).rfc3339
  }
}
