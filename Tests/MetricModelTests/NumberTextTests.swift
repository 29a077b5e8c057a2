import MetricModel
import Testing

@Suite struct NumberTextTests {
  /// What `promtool tsdb dump` and Go's `labels.FormatOpenMetricsFloat` print.
  @Test(arguments: [
    (1_234_567, "1.234567e+06", "1.234567e+06"), (100_000, "100000", "100000.0"),
    (12_345_678.5, "1.23456785e+07", "1.23456785e+07"), (1e6, "1e+06", "1e+06"),
    (0.0001, "0.0001", "0.0001"), (0.00001, "1e-05", "1e-05"), (-2, "-2", "-2.0"),
    (0.5, "0.5", "0.5"), (0, "0", "0.0"), (.infinity, "+Inf", "+Inf"), (.nan, "NaN", "NaN"),
    (123_456.75, "123456.75", "123456.75"),
  ])
  func `general numbers have an exponent from a million on`(
    value: Double, general: String, openMetrics: String
  ) {
    #expect(NumberText.general(value) == general)
    #expect(NumberText.openMetrics(value) == openMetrics)
  }

  @Test(arguments: [
    (0.0, "0"), (-0.0, "-0"), (1.0, "1"), (-1.5, "-1.5"), (1e21, "1e+21"),
    (1e20, "100000000000000000000"),
    (1e-6, "0.000001"), (1e-7, "1e-07"), (123456789012345680000.0, "123456789012345680000"),
    (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"), (0.1, "0.1"),
    (.leastNonzeroMagnitude, "5e-324"),
    (1.7976931348623157e308, "1.7976931348623157e+308"),
  ])
  func `query results spell numbers as Go does`(value: Double, text: String) {
    #expect(NumberText.json(value) == text)
  }

  @Test(arguments: [
    ("1", 1.0), ("0x1F", 31), ("010", 8), ("09", 9), ("1_000", 1000), (".5", 0.5), ("5.", 5),
    ("1e3", 1000), ("+Inf", .infinity), ("-inf", -.infinity), ("1e400", .infinity), ("-3", -3),
  ])
  func `numbers are read as Prometheus reads them`(text: String, value: Double) {
    #expect(NumberText.parse(text) == value)
  }

  @Test(arguments: ["", "1__0", "1_", "_1", "0x1.8", "0b1", "0o7", "abc", "1e", "--1", "0x", "1 "])
  func `what is not a number is refused`(text: String) {
    #expect(NumberText.parse(text) == nil)
  }

  /// Swift's own text has the same shortest digits, and no exponent from 1e-4 to 2^53.
  @Test func `fractions have their shortest digits`() {
    var state: UInt64 = 7
    for round in 0..<20_000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let digits = Double(Int64(bitPattern: state) >> Int64(11 + round % 50))
      let value = digits / [7, 10, 1e3, 1e6, 65_536][round % 5]
      guard (1e-4..<0x1p53).contains(value.magnitude), value != value.rounded() else { continue }
      #expect(NumberText.plain(value) == value.description)
      #expect(NumberText.json(value) == value.description)
    }
  }

  /// Below a power of two numbers lie closer together than above it.
  @Test func `powers of two and their neighbours have their shortest digits`() {
    for exponent in -13..<53 {
      let power = exponent < 0 ? 1 / Double(1 << -exponent) : Double(1 << exponent)
      for value in [power, power.nextDown, power.nextUp, -power.nextDown]
      where value != value.rounded() {
        #expect(NumberText.plain(value) == value.description)
      }
    }
  }

  @Test func `spellings in memory that is there are those of arrays`() {
    let special: [Double] = [
      0, -0.0, .nan, .infinity, -.infinity, 1e-6, 0x1p53, 0x1p53 - 1, 1e15, 1e15 - 0.125, 1e21,
      100_000, 0.0001, 123456.5, 5e-300, -9007199254740992, 9.999999999999999e-07,
    ]
    var state: UInt64 = 11
    let random = (0..<10_000).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(bitPattern: state)
    }
    let usual = random.map { Double(Int64(bitPattern: $0.bitPattern) >> 30) / 1000 }
    for value in special + random + usual {
      var bytes: [UInt8] = []
      bytes.append(addingCapacity: NumberText.jsonSizeMax) { place in
        NumberText.appendJSON(value, to: &place)
      }
      #expect(String(decoding: bytes, as: UTF8.self) == NumberText.json(value))
      #expect(Double(NumberText.json(value))?.bitPattern == value.bitPattern || value.isNaN)
    }
  }
}
