/// Numbers runs of bytes in the order in which they were first met: the same run, the same number.
///
/// Senders repeat a series in the same bytes again and again; to recognise them is several times
/// cheaper than to make `Labels` anew.
struct ByteRuns {
  private var arena: [UInt8] = []
  /// Where each run ends in the arena; it starts where the one before ends.
  private var ends: [Int] = []
  private var hashes: [UInt64] = []
  /// Open addressing with linear steps: 0 for empty, otherwise a number plus one.
  private var slots = [UInt32](repeating: 0, count: 64)

  var count: Int { ends.count }
  var sizeBytes: Int { arena.count }

  mutating func removeAll() { self = ByteRuns() }

  /// The number of a run, nil when it is new.
  ///
  /// - Complexity: O(bytes), on average.
  func number(of run: Span<UInt8>, hash: UInt64) -> Int? {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0 {
      let number = Int(slots[slot]) - 1
      if hashes[number] == hash {
        let start = number == 0 ? 0 : ends[number - 1]
        if byteRunsAreEqual(arena.span.extracting(start..<ends[number]), run) {
          return number
        }
      }
      slot = (slot + 1) & mask
    }
    return nil
  }

  /// Gives the next number to a run that `number(of:hash:)` didn't know.
  mutating func insert(_ run: ArraySlice<UInt8>, hash: UInt64) {
    arena.append(contentsOf: run)
    ends.append(arena.count)
    hashes.append(hash)
    if ends.count * 2 <= slots.count { return place(ends.count - 1) }
    slots = [UInt32](repeating: 0, count: slots.count * 2)
    for number in ends.indices { place(number) }
  }

  private mutating func place(_ number: Int) {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: hashes[number]) & mask
    while slots[slot] != 0 { slot = (slot + 1) & mask }
    slots[slot] = UInt32(truncatingIfNeeded: number + 1)
  }
}

/// A hash of bytes, eight at a time; the same in every process.
///
/// Each step multiplies to 128 bits and folds the halves, as wyhash does (Wang Yi, public domain
/// description), which mixes every bit of a word into every bit of the state.
func byteRunHash(_ run: Span<UInt8>) -> UInt64 {
  let bytes = unsafe run.bytes
  var state = UInt64(bytes.byteCount) ^ 0xa076_1d64_78bd_642f
  var offset = 0
  while offset &+ 8 <= bytes.byteCount {
    let word = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
    let product = (state ^ word).multipliedFullWidth(by: 0xe703_7ed1_a0b4_28db)
    state = product.high ^ product.low
    offset &+= 8
  }
  var last: UInt64 = 0
  while offset < bytes.byteCount {
    let byte = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt8.self)
    last = last &<< 8 | UInt64(byte)
    offset &+= 1
  }
  let product = (state ^ last ^ 0x8ebc_6af0_9c88_c6e3).multipliedFullWidth(
    by: 0x5899_65cc_7537_4cc3)
  return product.high ^ product.low
}

/// Whether two runs have the same bytes.
func byteRunsAreEqual(_ first: Span<UInt8>, _ second: Span<UInt8>) -> Bool {
  guard first.count == second.count else { return false }
  let left = unsafe first.bytes
  let right = unsafe second.bytes
  var offset = 0
  while offset &+ 8 <= left.byteCount {
    let a = unsafe left.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
    let b = unsafe right.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
    if a != b { return false }
    offset &+= 8
  }
  while offset < left.byteCount {
    let a = unsafe left.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt8.self)
    let b = unsafe right.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt8.self)
    if a != b { return false }
    offset &+= 1
  }
  return true
}
