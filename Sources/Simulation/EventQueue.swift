package import MetricModel

/// Events to come, taken out in the order of their times, and at equal times in the order in which
/// they were put in.
///
///     var queue = EventQueue<String>()
///     queue.schedule("later", at: noon)
///     while let (time, event) = queue.next() { ... }
package struct EventQueue<Event: Sendable>: Sendable {
  private struct Entry: Sendable {
    var time: Timestamp
    var order: UInt64
    var event: Event

    func isBefore(_ other: Entry) -> Bool { (time, order) < (other.time, other.order) }
  }

  /// A binary heap, the earliest entry first.
  private var heap: [Entry] = []
  private var inserted: UInt64 = 0

  package init() {}

  package var isEmpty: Bool { heap.isEmpty }
  package var count: Int { heap.count }

  /// The time of the next event.
  package var nextTime: Timestamp? { heap.first?.time }

  /// - Complexity: O(log n)
  package mutating func schedule(_ event: Event, at time: Timestamp) {
    heap.append(Entry(time: time, order: inserted, event: event))
    inserted += 1
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child].isBefore(heap[parent]) else { return }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  /// Takes the earliest event out.
  ///
  /// - Complexity: O(log n)
  package mutating func next() -> (time: Timestamp, event: Event)? {
    guard let first = heap.first else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      sink()
    }
    return (first.time, first.event)
  }

  private mutating func sink() {
    var parent = 0
    while true {
      var earliest = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < heap.count && heap[child].isBefore(heap[earliest]) {
        earliest = child
      }
      if earliest == parent { return }
      heap.swapAt(parent, earliest)
      parent = earliest
    }
  }
}
