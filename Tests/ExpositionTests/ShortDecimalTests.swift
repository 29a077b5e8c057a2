import MetricModel
import Testing

@testable import Exposition

@Suite struct ShortDecimalTests {
  @Test(arguments: 0..<20)
  func `short numbers agree with the general reader bit for bit`(_ seed: Int) {
    var generator = SplitMix64(seed: UInt64(seed))
    for _ in 0..<500 {
      let digits = Int.random(in: 1...15, using: &generator)
      var text = (0..<digits).map { _ in UInt8.random(in: 0x30...0x39, using: &generator) }
      let point = Int.random(in: 1...15, using: &generator)
      if point < digits { text.insert(UInt8(ascii: "."), at: point) }
      if Bool.random(using: &generator) { text.insert(UInt8(ascii: "-"), at: 0) }
      guard let short = ShortDecimal(text[...]) else {
        let isZero = NumberText.parseDecimal(text) == 0
        #expect(isZero && text.first == UInt8(ascii: "-"), "seed \(seed)")
        continue
      }
      #expect(short.value.bitPattern == NumberText.parseDecimal(text)?.bitPattern)
    }
  }

  @Test(arguments: [
    "", "-", ".", ".5", "5.", "1e5", "1.2.3", "+1", "-0", "1_0", "1234567890123456",
    "0x10", "NaN",
  ])
  func `other spellings are left to it`(_ text: String) {
    let short = ShortDecimal(Array(text.utf8)[...])
    #expect(short == nil)
  }

  @Test(arguments: [
    ("1700000000", 1_700_000_000_000), ("1700000000.1", 1_700_000_000_100),
    ("1700000000.12", 1_700_000_000_120), ("-0.123", -123),
  ])
  func `seconds become milliseconds without rounding`(_ text: String, _ milliseconds: Int64) {
    #expect(ShortDecimal(Array(text.utf8)[...])?.thousandths == milliseconds)
  }

  @Test func `finer fractions are left to the general reader`() {
    #expect(ShortDecimal(Array("1.2345".utf8)[...])?.thousandths == nil)
  }
}
