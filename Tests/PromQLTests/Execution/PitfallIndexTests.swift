import Foundation
import Testing

/// The 66 things that engines for this language get wrong, by their numbers: each has a test.
@Suite struct PitfallIndexTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// In scripts the numbers open a comment, in `PitfallTests` the name of a test; one is the
  /// store's.
  private static let places = [
    (file: "queries/conformance/pitfalls.test", opening: "# "),
    (file: "Tests/PromQLTests/Execution/PitfallTests.swift", opening: "  @Test func `"),
    (file: "Tests/PromQLTests/Execution/PitfallTests.swift", opening: "  func `"),
  ]
  private static let ofStore = (
    number: 64, file: "Tests/TimeSeriesStoreTests/StoreTests.swift",
    test: "samples arriving again are told from samples that contradict"
  )

  @Test func `each has a test`() throws {
    var found: Set = [Self.ofStore.number]
    for place in Self.places {
      let text = try String(contentsOf: Self.root.appending(path: place.file), encoding: .utf8)
      for line in text.split(separator: "\n") where line.hasPrefix(place.opening) {
        found.formUnion(Self.numbers(opening: line.dropFirst(place.opening.count)))
      }
    }
    #expect(found == Set(1...66))
    let store = try String(
      contentsOf: Self.root.appending(path: Self.ofStore.file), encoding: .utf8)
    #expect(store.contains(Self.ofStore.test))
  }

  /// `44, 48 and 52 what is no query` begins with three numbers.
  private static func numbers(opening line: Substring) -> [Int] {
    var numbers: [Int] = []
    for word in line.split(separator: " ") where word != "and" {
      guard let number = Int(word.trimmingCharacters(in: [",", "."])) else { break }
      numbers.append(number)
    }
    return numbers
  }
}
