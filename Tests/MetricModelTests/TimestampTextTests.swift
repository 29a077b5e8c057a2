import MetricModel
import Testing

@Suite struct TimestampTextTests {
  @Test(arguments: [
    ("0", 0), ("1700000000", 1_700_000_000_000), ("1700000000.123", 1_700_000_000_123),
    ("1.7e9", 1_700_000_000_000), ("-1.5", -1500), ("+2", 2000), ("0.0004", 0), ("0.0006", 1),
    ("1970-01-01T00:00:00Z", 0), ("2023-11-14T22:13:20Z", 1_700_000_000_000),
    ("2023-11-14T22:13:20.123456789Z", 1_700_000_000_123),
    ("2023-11-14T22:13:20.1+01:30", 1_699_994_600_100),
    ("2023-11-14T22:13:20,5-00:30", 1_700_001_800_500), ("2024-02-29T00:00:00Z", 1_709_164_800_000),
    ("2023-11-14T9:13:20Z", 1_699_953_200_000), ("1969-12-31T23:59:59.999Z", -1),
    ("0001-01-01T00:00:00Z", -62_135_596_800_000), ("9999-12-31T23:59:59Z", 253_402_300_799_000),
    ("-292273086-05-16T16:47:06Z", Int64.min), ("292277025-08-18T07:12:54.999999999Z", Int64.max),
  ])
  func `a time is read`(_ text: String, _ milliseconds: Int64) {
    #expect(Timestamp(parsing: text)?.milliseconds == milliseconds)
  }

  @Test(arguments: [
    "", "x", "now", "1e300", "nan", "inf", "0x10", "1_0", " 1", "2023-11-14", "2023-11-14T22:13:20",
    "2023-11-14t22:13:20Z", "2023-11-14T22:13:20z", "2023-11-14 22:13:20Z", "2023-13-01T00:00:00Z",
    "2023-02-29T00:00:00Z", "2023-00-01T00:00:00Z", "2023-01-00T00:00:00Z", "2023-01-01T24:00:00Z",
    "2023-01-01T00:60:00Z", "2023-01-01T00:00:60Z", "2023-01-01T00:00:00.Z",
    "2023-01-01T00:00:00+25:00", "2023-01-01T00:00:00+0100", "2023-01-01T00:00:00Zx",
    "20231114T221320Z", "12023-11-14T22:13:20Z",
  ])
  func `anything else is no time`(_ text: String) {
    #expect(Timestamp(parsing: text) == nil)
  }

  @Test(arguments: [
    -62_135_596_800_000, -1000, 0, 951_782_400_000, 1_700_000_000_000, 253_402_300_799_000,
  ])
  func `what is written reads back`(_ milliseconds: Int64) {
    let time = Timestamp(milliseconds: milliseconds)
    #expect(Timestamp(parsing: time.rfc3339) == time)
  }

  @Test(arguments: [
    (0, "1970-01-01T00:00:00Z"), (1_709_204_400_500, "2024-02-29T11:00:00.5Z"),
    (-1, "1969-12-31T23:59:59.999Z"),
  ])
  func `times are written in RFC 3339`(milliseconds: Int64, text: String) {
    #expect(Timestamp(milliseconds: milliseconds).rfc3339 == text)
  }

  @Test(arguments: [
    (0, 4, 1, 31), (19_782, 4, 60, 29), (-1, 3, 365, 31), (11_016, 2, 60, 29), (20_088, 2, 366, 31),
  ])
  func `dates know their place in week, month and year`(
    days: Int64, weekday: Int64, dayOfYear: Int64, daysInMonth: Int64
  ) {
    let date = CivilDate(daysSinceEpoch: days)
    #expect(date.daysSinceEpoch == days)
    #expect(date.weekday == weekday)
    #expect(date.dayOfYear == dayOfYear)
    #expect(date.daysInMonth == daysInMonth)
  }
}
