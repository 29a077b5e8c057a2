import Statistics
import Testing

@Suite struct SortKernelsTests {
  @Test(arguments: [0, 1, 100, 4_097, 20_000])
  func equalsTheStandardLibrary(count: Int) {
    var generator = SeededGenerator(seed: 7)
    let wide = (0..<count).map { _ in
      Double(bitPattern: generator.next()).isNaN ? 0 : Double(bitPattern: generator.next())
    }.filter { !$0.isNaN }
    let narrow = (0..<count).map { _ in Double(generator.next() % 100) - 50 }
    for values in [wide, narrow, narrow.map { abs($0) }] {
      #expect(sortedAscending(values) == values.sorted())
    }
  }
}
