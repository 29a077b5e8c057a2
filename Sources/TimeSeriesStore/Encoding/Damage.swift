/// Why stored bytes can't be what the store wrote: an offset into the file (or the memory) that was
/// being read and what was wrong there.
package struct Damage: Error, Equatable, Sendable, CustomStringConvertible {
  package var offset: Int
  package var finding: String

  init(at offset: Int, _ finding: String) {
    self.offset = offset
    self.finding = finding
  }

  package var description: String { "at offset \(offset): \(finding)" }
}
