internal import MetricModel

/// The runs that want to be woken, the earliest first: a binary heap. A later wish of a run
/// replaces its earlier one, which stays in the heap and is passed over.
struct WakeQueue {
  private struct Wake {
    var time: Timestamp
    var run: String
    var number: UInt64
  }

  private var heap: [Wake] = []
  private var latest: [String: UInt64] = [:]
  private var number: UInt64 = 0

  /// The earliest time that somebody asked for; may be one that was given up since.
  var first: Timestamp? { heap.first?.time }

  mutating func add(_ run: String, at time: Timestamp) {
    number += 1
    latest[run] = number
    heap.append(Wake(time: time, run: run, number: number))
    var index = heap.count - 1
    while index > 0, precedes(index, (index - 1) / 2) {
      heap.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  mutating func remove(_ run: String) { latest[run] = nil }

  /// The next run whose time has come; nil when there is none.
  mutating func popDue(at now: Timestamp) -> String? {
    while let top = heap.first, top.time <= now {
      removeFirst()
      if latest[top.run] == top.number {
        latest[top.run] = nil
        return top.run
      }
    }
    return nil
  }

  private mutating func removeFirst() {
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    var index = 0
    while true {
      var smallest = index
      for child in [2 * index + 1, 2 * index + 2] where child < heap.count {
        if precedes(child, smallest) { smallest = child }
      }
      guard smallest != index else { return }
      heap.swapAt(index, smallest)
      index = smallest
    }
  }

  private func precedes(_ left: Int, _ right: Int) -> Bool {
    (heap[left].time, heap[left].number) < (heap[right].time, heap[right].number)
  }
}
