extension Labels {
  /// Only the labels whose names are listed, or all but these; bytes are copied, never decoded.
  ///
  /// - Parameter names: sorted bytewise, each once.
  /// - Complexity: O(n) in the bytes of the labels.
  package func picking(_ names: [[UInt8]], keepsListed: Bool) -> Labels {
    var kept: [UInt8] = []
    pick(names, keepsListed: keepsListed, into: &kept)
    return kept.count == storage.count ? self : Labels(sortedStorage: kept)
  }

  /// Appends to `kept` what `picking` keeps, as it is stored.
  func pick(_ names: [[UInt8]], keepsListed: Bool, into kept: inout [UInt8]) {
    let bytes = storage.span
    var position = 0
    var next = 0
    while position < bytes.count {
      if keepsListed && next == names.count { return }
      let name = position + Self.headerSize
      let value = name + Self.length(bytes, at: position)
      let end = value + Self.length(bytes, at: position + 4)
      var isListed = false
      while next < names.count, !isListed {
        let order = Self.order(names[next], bytes.extracting(name..<value))
        if order > 0 { break }
        isListed = order == 0
        next += 1
      }
      if isListed == keepsListed {
        if kept.isEmpty { kept.reserveCapacity(bytes.count) }
        unsafe bytes.extracting(position..<end).withUnsafeBufferPointer {
          unsafe kept.append(contentsOf: $0)
        }
      }
      position = end
    }
  }

  /// Labels straight from UTF-8 bytes, for readers of files: a million series are read so.
  ///
  /// Nil when names aren't sorted and unique, or when a value is empty.
  ///
  /// - Parameter texts: where names stand in `bytes`, each with its value behind it.
  package init?(sortedTexts texts: [Range<Int>], in bytes: Span<UInt8>) {
    guard texts.count % 2 == 0 else { return nil }
    for row in stride(from: 0, to: texts.count, by: 2) {
      if texts[row + 1].isEmpty { return nil }
      guard row > 0 else { continue }
      let (before, name) = (texts[row - 2], texts[row])
      if Self.order(bytes.extracting(before), bytes.extracting(name)) >= 0 { return nil }
    }
    var storage: [UInt8] = []
    // In damaged files texts may overlap, and be far more together than there are bytes.
    let size = texts.reduce(4 * texts.count) { $0 + $1.count }
    storage.reserveCapacity(min(size, 4 * texts.count + bytes.count))
    for row in stride(from: 0, to: texts.count, by: 2) {
      let (name, value) = (texts[row], texts[row + 1])
      for length in [name.count, value.count] {
        for shift in [0, 8, 16, 24] { storage.append(UInt8(truncatingIfNeeded: length >> shift)) }
      }
      for text in [name, value] {
        unsafe bytes.extracting(text).withUnsafeBufferPointer {
          unsafe storage.append(contentsOf: $0)
        }
      }
    }
    self.init(sortedStorage: storage)
  }

  /// Negative when the left part comes before the right one, 0 when they are equal.
  private static func order(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Int {
    for index in 0..<min(left.count, right.count) where left[index] != right[index] {
      return Int(left[index]) - Int(right[index])
    }
    return left.count - right.count
  }

  /// Four bytes, little endian, as written by `LabelsBuilder`.
  private static func length(_ bytes: Span<UInt8>, at position: Int) -> Int {
    Int(bytes[position]) | Int(bytes[position + 1]) << 8 | Int(bytes[position + 2]) << 16
      | Int(bytes[position + 3]) << 24
  }

  /// Negative when `left` comes before `right`, 0 when they are equal.
  private static func order(_ left: [UInt8], _ right: Span<UInt8>) -> Int {
    for index in 0..<min(left.count, right.count) where left[index] != right[index] {
      return Int(left[index]) - Int(right[index])
    }
    return left.count - right.count
  }

  /// Eight bytes at a time, each folded in by a multiplication and a shift (the mixer of
  /// MurmurHash3's finaliser, A. Appleby); the same in every process, not kept on disk.
  static func hash(of bytes: [UInt8]) -> UInt64 {
    var hash = UInt64(bytes.count) &* 0x9e37_79b9_7f4a_7c15
    let raw = unsafe bytes.span.bytes
    var position = 0
    while position + 8 <= raw.byteCount {
      mix(&hash, unsafe raw.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self))
      position += 8
    }
    var rest: UInt64 = 0
    while position < bytes.count {
      rest = rest << 8 | UInt64(bytes[position])
      position += 1
    }
    mix(&hash, rest)
    return hash ^ (hash >> 33)
  }

  private static func mix(_ hash: inout UInt64, _ word: UInt64) {
    hash = (hash ^ word) &* 0xff51_afd7_ed55_8ccd
    hash ^= hash >> 32
  }
}
