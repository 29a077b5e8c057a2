/// Who may work next, where more want to than there are places: clients take turns, and each
/// client's own are served in their order.
///
///     var turns = FairTurns<Int>(places: 2, waitingMax: 100)
///     turns.enter(1, client: "grafana")    // .goes
///     turns.leave()                        // whoever is to go next, if any waits
///
/// A client that asks for a thousand things at once thus delays another client's one by no more
/// than what is being worked on.
struct FairTurns<Ticket: Equatable> {
  enum Entry: Equatable {
    case goes
    case waits
    /// As many wait already as may.
    case refused
  }

  let places: Int
  let waitingMax: Int
  private var working = 0
  private(set) var waiting = 0
  /// Tickets by client, in the order of the clients' turns; none is empty.
  private var lines: [(client: String, tickets: [Ticket])] = []

  init(places: Int, waitingMax: Int) {
    self.places = places
    self.waitingMax = waitingMax
  }

  mutating func enter(_ ticket: Ticket, client: String) -> Entry {
    if working < places {
      working += 1
      return .goes
    }
    guard waiting < waitingMax else { return .refused }
    waiting += 1
    if let line = lines.firstIndex(where: { $0.client == client }) {
      lines[line].tickets.append(ticket)
    } else {
      lines.append((client, [ticket]))
    }
    return .waits
  }

  /// Notes that somebody is done; answers who goes instead.
  mutating func leave() -> Ticket? {
    guard !lines.isEmpty else {
      working -= 1
      return nil
    }
    waiting -= 1
    var line = lines.removeFirst()
    let next = line.tickets.removeFirst()
    if !line.tickets.isEmpty { lines.append(line) }
    return next
  }

  /// Takes one that waits out of its line; false when it doesn't wait any more.
  mutating func giveUp(_ ticket: Ticket) -> Bool {
    for line in lines.indices {
      guard let place = lines[line].tickets.firstIndex(of: ticket) else { continue }
      lines[line].tickets.remove(at: place)
      if lines[line].tickets.isEmpty { lines.remove(at: line) }
      waiting -= 1
      return true
    }
    return false
  }
}
