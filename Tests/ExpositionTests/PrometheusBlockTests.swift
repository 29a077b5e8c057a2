import Foundation
import MetricModel
import Testing

@testable import Exposition

@Suite struct PrometheusBlockTests {
  /// Counters, gauges with jitter, odd values and labels; more than one chunk to a series.
  private static func recording() -> String {
    var generator = SplitMix64(seed: 11)
    var text = ""
    for (name, labels) in [("a_total", #"{b="c"}"#), ("a_total", #"{b="d\"\\é"}"#), ("z", "")] {
      var value = 0.0
      for index in 0..<400 {
        switch Int.random(in: 0..<20, using: &generator) {
        case 0: value = .infinity
        case 1: value = 1e-300
        case 2: value = 0
        default: value += Double(Int.random(in: 0...100, using: &generator)) / 8
        }
        let jitter = Int.random(in: 0..<3, using: &generator)
        let time = 1_699_999_200_000 + index * 15_000 + jitter
        let seconds = "\(time / 1000).\(String(time % 1000 + 1000).dropFirst())"
        text += "\(name)\(labels) \(NumberText.general(value)) \(seconds)\n"
      }
    }
    return text + "# EOF\n"
  }

  private func series(of block: PrometheusBlock) throws -> [Series] {
    try (0..<block.seriesCount).map { try block.series(at: $0) }
  }

  /// As `promtool tsdb dump` writes them.
  private func dumped(_ all: [Series]) -> [String] {
    all.flatMap { series in
      let pairs = series.labels.pairs.map { "\($0.name)=\(GoText.quoted($0.value))" }
      let labels = "{\(pairs.joined(separator: ", "))}"
      return zip(series.samples.timestamps, series.samples.values).map { time, value in
        "\(labels) \(NumberText.general(value)) \(time)"
      }
    }
  }

  @Test(.enabled(if: PromtoolBlock.isInstalled, "promtool is not installed"))
  func `a block of promtool reads as promtool dumps it`() throws {
    let text = Self.recording()
    let files = try PromtoolBlock(openMetrics: text)
    let block = try PrometheusBlock(
      index: files.index, segments: files.segments, tombstones: files.tombstones)
    let all = try series(of: block)
    let ours = dumped(all)
    #expect(ours.count == 1200)
    #expect(ours == files.dump.map(String.init))
    let parsed = try OpenMetricsParser.parse(Array(text.utf8), untimedAt: nil)
    let rows = (0..<parsed.count).map {
      "\(parsed.labels[Int(parsed.series[$0])]) \(parsed.values[$0].bitPattern) "
        + "\(parsed.timestamps[$0])"
    }
    let stored = all.flatMap { series in
      zip(series.samples.timestamps, series.samples.values).map {
        "\(series.labels) \($1.bitPattern) \($0)"
      }
    }
    #expect(Set(rows) == Set(stored))
  }

  @Test(
    .enabled(if: PromtoolBlock.isInstalled, "promtool is not installed"),
    .enabled(if: !PromtoolBlock.recorded.isEmpty, "there are no recorded blocks"),
    arguments: PromtoolBlock.recorded)
  func `a block of a Prometheus server reads as promtool dumps it`(_ folder: URL) throws {
    let files = try PromtoolBlock(at: folder)
    let block = try PrometheusBlock(
      index: files.index, segments: files.segments, tombstones: files.tombstones)
    let all = try series(of: block)
    #expect(dumped(all) == files.dump.map(String.init))
    #expect(all.contains { $0.samples.values.contains(where: \.isStaleMarker) })
  }

  @Test(.enabled(if: PromtoolBlock.isInstalled, "promtool is not installed"))
  func `damaged files are an error, never a crash`() throws {
    let files = try PromtoolBlock(openMetrics: "a{b=\"c\"} 1 1\na{b=\"c\"} 2 16\nz 3 1\n# EOF\n")
    var generator = SplitMix64(seed: 5)
    for _ in 0..<2000 {
      let index = Bool.random(using: &generator)
      let changed = damaged(index ? files.index : files.segments[0], using: &generator)
      if changed == (index ? files.index : files.segments[0]) { continue }
      do {
        let block = try PrometheusBlock(
          index: index ? changed : files.index, segments: [index ? files.segments[0] : changed],
          tombstones: nil)
        _ = try series(of: block)
      } catch {
        let message = (error as? BlockError)?.description ?? ""
        #expect(message.hasPrefix("index ") || message.hasPrefix("chunks/000001 "))
      }
    }
  }

  @Test(.enabled(if: PromtoolBlock.isInstalled, "promtool is not installed"))
  func `damage behind a right checksum is an error or samples, never a crash`() throws {
    let files = try PromtoolBlock(openMetrics: "a{b=\"c\"} 1 1\na{b=\"c\"} 2 16\nz 3 1\n# EOF\n")
    var generator = SplitMix64(seed: 7)
    let contents = files.index.count - 52
    let sections = (0..<6).map { number in
      files.index[(contents + 8 * number)..<(contents + 8 * number + 8)]
        .reduce(0) { $0 << 8 | Int($1) }
    }
    let firstSeries = (sections[1] + 15) / 16 * 16
    for _ in 0..<3000 {
      var index = files.index
      // The table of contents, or a section that begins with its length in four bytes, or a series.
      let choice = Int.random(in: 0..<4, using: &generator)
      let start: Int
      let length: Int
      switch choice {
      case 0: (start, length) = (contents, 48)
      case 1: (start, length) = (firstSeries, Int(index[firstSeries]))
      default:
        let section = choice == 2 ? sections[0] : sections[5]
        (start, length) = (section, Int(index[section + 2]) << 8 | Int(index[section + 3]))
      }
      let body = choice == 0 ? start : choice == 1 ? start + 1 : start + 4
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        index[body + Int.random(in: 0..<length, using: &generator)] = UInt8.random(
          in: 0...255, using: &generator)
      }
      let checksum = CRC32C.checksum(of: index[body..<(body + length)])
      for byte in 0..<4 {
        index[body + length + byte] = UInt8(truncatingIfNeeded: checksum >> UInt32(24 - 8 * byte))
      }
      let block = try? PrometheusBlock(index: index, segments: files.segments, tombstones: nil)
      if let block, let all = try? series(of: block) {
        #expect(all.count == block.seriesCount)
      }
    }
  }

  @Test(.enabled(if: PromtoolBlock.isInstalled, "promtool is not installed"))
  func `deleted stretches are left out`() throws {
    let files = try PromtoolBlock(openMetrics: "a 1 1\na 2 2\na 3 3\nz 3 1\n# EOF\n")
    let number = try IndexReader(files.index).seriesIdentifiers[0]
    let body =
      XORChunkEncoder.unsignedVarint(number) + XORChunkEncoder.varint(1500)
      + XORChunkEncoder.varint(2500)
    let checksum = CRC32C.checksum(of: body[...])
    let tombstones =
      [0x01, 0x30, 0xba, 0x30, 0x01] + body
      + (0..<4).map { UInt8(truncatingIfNeeded: checksum >> UInt32(24 - 8 * $0)) }
    let block = try PrometheusBlock(
      index: files.index, segments: files.segments, tombstones: tombstones)
    let all = try series(of: block)
    #expect(all.map(\.samples.timestamps) == [[1000, 3000], [1000]])
  }

  @Test(.enabled(if: PromtoolBlock.isInstalled, "promtool is not installed"))
  func `a chunk of another encoding names series and encoding`() throws {
    let files = try PromtoolBlock(openMetrics: "a{b=\"c\"} 1 1\n# EOF\n")
    var segment = files.segments[0]
    // The only chunk: its length at byte 8, its encoding at byte 9.
    segment[9] = 9
    let length = Int(segment[8])
    let checksum = CRC32C.checksum(of: segment[9..<(10 + length)])
    for byte in 0..<4 {
      segment[10 + length + byte] = UInt8(truncatingIfNeeded: checksum >> UInt32(24 - 8 * byte))
    }
    let block = try PrometheusBlock(index: files.index, segments: [segment], tombstones: nil)
    let error = #expect(throws: BlockError.self) { try block.series(at: 0) }
    #expect(
      error?.description == "series a{b=\"c\"} has a chunk of the unknown encoding 9, "
        + "expected 1 to 6")
  }

  @Test(arguments: [
    ([], "index is damaged at byte 0: the magic number is missing"),
    (Array("garbage".utf8), "index is damaged at byte 4: it does not start as an index file does"),
    ([0xba, 0xaa, 0xd7, 0x00, 0x01], "index has format version 1, expected 2"),
    (
      [0xba, 0xaa, 0xd7, 0x00, 0x02],
      "index is damaged at byte 5: the file is too short to hold a table of contents"
    ),
  ])
  func `a file that is no index is refused`(_ bytes: [UInt8], _ message: String) {
    let error = #expect(throws: BlockError.self) {
      try PrometheusBlock(index: bytes, segments: [], tombstones: nil)
    }
    #expect(error?.description == message)
  }
}
