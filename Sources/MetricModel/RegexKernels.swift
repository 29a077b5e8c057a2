internal import CRE2

/// Owns a compiled RE2 pattern; RE2 matches from any number of threads at once.
@safe final class CompiledPattern: @unchecked Sendable {
  private let handle: OpaquePointer

  init(_ source: String) throws(RegexError) {
    var message = [CChar](repeating: 0, count: 256)
    var text = source
    let compiled = text.withUTF8 { bytes in
      unsafe message.withUnsafeMutableBufferPointer { error in
        unsafe bytes.withMemoryRebound(to: CChar.self) { characters in
          unsafe cre2_compile(
            characters.baseAddress, characters.count, error.baseAddress, error.count)
        }
      }
    }
    guard let compiled = unsafe compiled else {
      let reason = String(
        decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      throw RegexError(pattern: source, reason: reason)
    }
    unsafe handle = compiled
  }

  deinit { unsafe cre2_release(handle) }

  func matchesWhole(_ text: some Collection<UInt8>) -> Bool {
    unsafe withCharacters(text) { unsafe cre2_matches_whole(handle, $0.baseAddress, $0.count) }
  }

  func matchesPart(_ text: [UInt8]) -> Bool {
    unsafe withCharacters(text) { unsafe cre2_matches_part(handle, $0.baseAddress, $0.count) }
  }

  func captures(in text: [UInt8]) -> [Range<Int>?]? {
    unsafe groups { groups, ranges in
      unsafe withCharacters(text) { characters in
        unsafe cre2_capture_whole(
          handle, characters.baseAddress, characters.count, ranges.baseAddress, groups)
      }
    }
  }

  /// The first match at or after byte `start`, wherever it ends.
  func captures(in text: [UInt8], from start: Int) -> [Range<Int>?]? {
    unsafe groups { groups, ranges in
      unsafe withCharacters(text) { characters in
        unsafe cre2_capture_from(
          handle, characters.baseAddress, characters.count, start, ranges.baseAddress, groups)
      }
    }
  }

  private func groups(
    _ match: (Int32, UnsafeMutableBufferPointer<Int64>) -> Bool
  ) -> [Range<Int>?]? {
    let groups = unsafe cre2_group_count(handle) + 1
    var ranges = [Int64](repeating: -1, count: 2 * Int(groups))
    guard unsafe ranges.withUnsafeMutableBufferPointer({ unsafe match(groups, $0) }) else {
      return nil
    }
    return (0..<Int(groups)).map { group in
      ranges[2 * group] < 0 ? nil : Int(ranges[2 * group])..<Int(ranges[2 * group + 1])
    }
  }

  func groupIndex(named name: String) -> Int? {
    let index = unsafe name.withCString { unsafe cre2_group_index(handle, $0) }
    return index < 0 ? nil : Int(index)
  }

  private func withCharacters<Answer>(
    _ text: some Collection<UInt8>, _ body: (UnsafeBufferPointer<CChar>) -> Answer
  ) -> Answer {
    let direct = text.withContiguousStorageIfAvailable { bytes in
      unsafe bytes.withMemoryRebound(to: CChar.self) { unsafe body($0) }
    }
    if let direct { return direct }
    return unsafe Array(text).withUnsafeBufferPointer { bytes in
      unsafe bytes.withMemoryRebound(to: CChar.self) { unsafe body($0) }
    }
  }
}
