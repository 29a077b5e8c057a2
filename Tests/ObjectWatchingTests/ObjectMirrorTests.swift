import ObjectWatching
import Testing

private struct Thing: WatchedObject, Hashable {
  var name: String
  var version: Int
  var uid: String
  var ownerUID: String?
  let namespace = "n"
  var resourceVersion: String { String(version) }

  init(_ name: String, _ version: Int, uid: String? = nil, owner: String? = nil) {
    self.name = name
    self.version = version
    self.uid = uid ?? name
    ownerUID = owner
  }
}

@Suite struct ObjectMirrorTests {
  private func filled(_ things: Thing..., at version: Int) -> ObjectMirror<Thing> {
    var mirror = ObjectMirror<Thing>()
    _ = mirror.listed(things, at: String(version))
    return mirror
  }

  private func names(_ changes: [ObjectChange<Thing>]) -> [String] {
    changes.map { change in
      switch change {
      case .changed(let thing): "+\(thing.name)"
      case .deleted(let thing): "-\(thing.name)"
      }
    }.sorted()
  }

  @Test func `it lists first, then watches from where the last news ended`() {
    var mirror = ObjectMirror<Thing>()
    #expect(mirror.next == .list)
    #expect(!mirror.isFilled)
    #expect(names(mirror.listed([Thing("a", 3)], at: "5")) == ["+a"])
    #expect(mirror.isFilled)
    #expect(mirror.next == .watch(from: "5"))
    _ = mirror.told(.changed(Thing("a", 7)))
    #expect(mirror.next == .watch(from: "7"))
    #expect(mirror.told(.bookmark("11")) == nil)
    #expect(mirror.next == .watch(from: "11"))
    _ = mirror.told(.deleted(Thing("a", 12)))
    #expect(mirror.next == .watch(from: "12"))
    #expect(mirror.all.isEmpty)
  }

  @Test func `what was deleted unseen vanishes with the list after a 410`() {
    var mirror = filled(Thing("a", 3), Thing("b", 4), at: 5)
    mirror.expire()
    #expect(mirror.next == .list)
    // Until then what was known is served on.
    #expect(mirror.all.map(\.name) == ["a", "b"])
    #expect(names(mirror.listed([Thing("b", 9), Thing("c", 8)], at: "9")) == ["+b", "+c", "-a"])
    #expect(mirror.all == [Thing("b", 9), Thing("c", 8)])
    #expect(mirror.next == .watch(from: "9"))
  }

  @Test func `a list from before an own write takes nothing of it away`() {
    var mirror = filled(Thing("a", 3), at: 5)
    mirror.absorb(Thing("made", 8))
    mirror.absorb(Thing("a", 9))
    #expect(names(mirror.listed([Thing("a", 3)], at: "6")).isEmpty)
    #expect(mirror.all == [Thing("a", 9), Thing("made", 8)])
  }

  @Test func `an object of the same name made anew replaces the one before`() {
    var mirror = filled(Thing("a", 3, uid: "old"), at: 5)
    #expect(names(mirror.listed([Thing("a", 7, uid: "new")], at: "9")) == ["+a", "-a"])
    #expect(mirror.object("n", "a")?.uid == "new")
    // Late news of the first one's end.
    _ = mirror.told(.deleted(Thing("a", 6, uid: "old")))
    #expect(mirror.object("n", "a")?.uid == "new")
    let isTaken = mirror.absorb(Thing("a", 8, uid: "old"))
    #expect(!isTaken)
  }

  @Test func `news from before an own write changes nothing, and is told on`() {
    var mirror = filled(Thing("a", 3), at: 5)
    mirror.absorb(Thing("a", 9))
    let told = mirror.told(.changed(Thing("a", 7)))
    #expect(told?.object.version == 7)
    #expect(mirror.object("n", "a")?.version == 9)
    // A watch that is cut now goes on after what it told, not after what was written.
    #expect(mirror.next == .watch(from: "7"))
  }

  @Test func `what an object manages follows its owner`() {
    var mirror = filled(Thing("a", 1, owner: "x"), Thing("b", 2, owner: "x"), at: 5)
    #expect(mirror.objects(ownedBy: "x", in: "n").map(\.name) == ["a", "b"])
    _ = mirror.told(.changed(Thing("b", 6, owner: "y")))
    _ = mirror.told(.deleted(Thing("a", 7, owner: "x")))
    #expect(mirror.objects(ownedBy: "x", in: "n").isEmpty)
    #expect(mirror.objects(ownedBy: "y", in: "n").map(\.name) == ["b"])
  }

  /// A server that forgets, a watch that is cut and told late, writes of our own: once all news has
  /// come the mirror is what the server holds.
  @Test(arguments: 0..<200) func `it comes to what the server holds`(seed: UInt64) {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    func random(_ bound: Int) -> Int {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return Int(state % UInt64(bound))
    }
    var held: [String: Thing] = [:]
    var log: [(version: Int, news: WatchNews<Thing>)] = []
    var (version, forgotten, mirror) = (1, 0, ObjectMirror<Thing>())
    func hear(atMost limit: Int) {
      switch mirror.next {
      case .list: _ = mirror.listed(held.values.map { $0 }, at: String(version))
      case .watch(let from):
        let from = Int(from) ?? 0
        if from < forgotten { return mirror.expire() }
        for entry in log.filter({ $0.version > from }).prefix(limit) { _ = mirror.told(entry.news) }
      }
    }
    for _ in 0..<300 {
      version += 1
      let name = "t\(random(5))"
      if let known = held[name], random(3) == 0 {
        held[name] = nil
        var last = known
        last.version = version
        log.append((version, .deleted(last)))
      } else {
        let thing = Thing(name, version, uid: held[name]?.uid ?? "\(name)-\(version)")
        held[name] = thing
        log.append((version, .changed(thing)))
        if random(4) == 0, mirror.isFilled { mirror.absorb(thing) }
      }
      if random(20) == 0 { forgotten = version }
      if random(3) == 0 { hear(atMost: random(4)) }
    }
    for _ in 0..<3 { hear(atMost: .max) }
    #expect(mirror.all == held.values.sorted { $0.name < $1.name }, "seed \(seed)")
  }
}
