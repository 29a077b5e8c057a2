import Testing

@testable import HTTPService

@Suite struct FairTurnsTests {
  @Test func `clients take turns, each in its own order`() {
    var turns = FairTurns<Int>(places: 1, waitingMax: 10)
    #expect(turns.enter(0, client: "a") == .goes)
    for ticket in 1...4 { #expect(turns.enter(ticket, client: "a") == .waits) }
    for ticket in 5...6 { #expect(turns.enter(ticket, client: "b") == .waits) }
    #expect(turns.enter(7, client: "c") == .waits)
    var order: [Int] = []
    while let next = turns.leave() { order.append(next) }
    #expect(order == [1, 5, 7, 2, 6, 3, 4])
  }

  @Test func `only so many may wait, and whoever gives up makes room`() {
    var turns = FairTurns<Int>(places: 2, waitingMax: 2)
    let entries = (0..<4).map { turns.enter($0, client: "a") }
    #expect(entries == [.goes, .goes, .waits, .waits])
    #expect(turns.enter(4, client: "b") == .refused)
    let givenUp = [turns.giveUp(2), turns.giveUp(2)]
    #expect(givenUp == [true, false])
    #expect(turns.enter(5, client: "b") == .waits)
    #expect(turns.leave() == 3)
    #expect(turns.leave() == 5)
    #expect(turns.leave() == nil)
    #expect(turns.waiting == 0)
  }

  @Test func `a place is free again after the body, and waiting ends with a refusal`() async throws
  {
    let turnstile = Turnstile(places: 1, waitingMax: 1, patience: .milliseconds(1))
    let answers = AsyncStream<Int>.makeStream()
    async let first = turnstile.pass("a") { () -> Int in
      answers.continuation.yield(1)
      // Holds the place until the second has lost its patience.
      for await word in answers.stream where word == 2 { return 1 }
      return 0
    }
    var begun = false
    while !begun {
      do {
        _ = try await turnstile.pass("b") { 0 }
      } catch {
        #expect(error == .waitedTooLong(.milliseconds(1)))
        begun = true
      }
    }
    answers.continuation.yield(2)
    let held = try await first
    #expect(held == 1)
    let next = try await turnstile.pass("b") { 3 }
    #expect(next == 3)
  }
}
