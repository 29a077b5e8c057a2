import ArgumentParser
import Exposition
import FoundationEssentials
import Manifest
import MetricModel
import TimeSeriesStore

/// `assay tsdb export DIRECTORY TARGET`: samples for other programs.
struct TsdbExport: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write samples as Prometheus' blocks, OpenMetrics, CSV or lines of JSON.",
    discussion: """
      Blocks go into a directory that promtool and Prometheus read; the other formats into one \
      file, or to standard output for "-". Numbers come out bit for bit. What a format has no \
      spelling for (markers of staleness in OpenMetrics, native histograms in all but blocks) is \
      left out and counted.

        assay tsdb export data blocks --format prometheus && promtool tsdb analyze blocks
        assay tsdb export data up.csv --selector 'up{job="api"}' --start end-1h
      """)

  @OptionGroup var options: TsdbOptions
  @OptionGroup var selection: TsdbSelection

  @Option(
    help: ArgumentHelp(
      "prometheus, openmetrics, csv or jsonl; told by the ending of the target when left out.",
      valueName: "format"))
  var format: ExchangeFormat?

  @Option(help: "Which series, such as up{job=\"api\"}; all when left out.")
  var selector: String?

  @Option(
    name: .customLong("block-duration"),
    help: ArgumentHelp("The time that a block spans, in UTC from 1970.", valueName: "duration"))
  var blockDuration = DurationArgument(.hours(24))

  @ArgumentParser.Argument(help: "A directory for blocks, a file for the others, - for the output.")
  var target: String

  func run() throws {
    try reporting {
      guard let format = format ?? ExchangeFormat(path: target) else {
        throw CommandError(
          "\(target): its name doesn't say what is wanted; give --format prometheus, openmetrics, "
            + "csv or jsonl")
      }
      let store = try options.open(.readOnly)
      defer { store.close() }
      let view = store.snapshot()
      guard let span = view.timeRange else {
        throw CommandError("\(options.directory): holds no samples")
      }
      let asked = try selection.range(in: span)
      // Nothing lies outside, and blocks are counted from the first sample.
      let range = TimeRange(
        after: max(asked.start, span.start), through: min(asked.end, span.end))
      let matchers = try selector.map(TsdbSelection.matchers) ?? []
      let report: ExportReport
      if format == .prometheus {
        report = try BlockExport(target, span: blockDuration.length).write(
          view, matchers, in: range)
      } else {
        report = try TextExport(target, format).write(view, matchers, in: range)
      }
      tell(report)
    }
  }

  private func tell(_ report: ExportReport) {
    var lines = ["\(target): \(report.samples) samples of \(report.series) series"]
    if report.omitted > 0 { lines.append("\(report.omitted) samples have no spelling there") }
    lines += report.blocks.map { "block \($0)" }
    if target == "-" {
      if !options.json { Terminal.complain("assay: " + lines.joined(separator: ", ")) }
      return
    }
    options.answer(
      [
        "target": .string(target), "series": .integer(Int64(report.series)),
        "samples": .integer(Int64(report.samples)), "omitted": .integer(Int64(report.omitted)),
        "blocks": .array(report.blocks.map { .string($0) }),
      ], lines)
  }
}

/// What went out.
struct ExportReport {
  var series = 0
  var samples = 0
  var omitted = 0
  var blocks: [String] = []
}

/// Series as one text.
struct TextExport {
  private let target: String
  private let writer: ExchangeWriter

  /// Bytes that are written at once.
  private static let pieceBytes = 1 << 20

  init(_ target: String, _ format: ExchangeFormat) throws {
    guard let writer = ExchangeWriter(format) else {
      throw CommandError(
        "format \(format.rawValue) isn't written, expected prometheus, openmetrics, csv or jsonl")
    }
    self.target = target
    self.writer = writer
  }

  func write(
    _ view: StoreSnapshot, _ matchers: [LabelMatcher], in range: TimeRange
  ) throws -> ExportReport {
    var writer = writer
    let output = try OutputFile(target)
    defer { output.close() }
    var report = ExportReport()
    let found = try view.select(matchers, in: range)
    var bar = ProgressBar("exporting", total: found.labels.count)
    var columns = SampleColumns()
    var pending: [UInt8] = []
    for (index, labels) in found.labels.enumerated() {
      bar.advance()
      try found.read(index, in: range, into: &columns)
      if columns.isEmpty { continue }
      report.series += 1
      report.samples += columns.count + columns.histograms.count
      writer.append(Series(labels: labels, samples: columns))
      pending += writer.take()
      if pending.count >= Self.pieceBytes {
        try output.write(pending)
        pending.removeAll(keepingCapacity: true)
      }
    }
    try output.write(pending + writer.take() + writer.ending)
    bar.finish()
    report.omitted = writer.omitted
    report.samples -= writer.omitted
    return report
  }
}

/// Series as Prometheus' blocks, one for each span of time that has samples.
struct BlockExport {
  private let directory: String
  private let span: Milliseconds

  init(_ directory: String, span: Milliseconds) {
    self.directory = directory
    self.span = span
  }

  func write(
    _ view: StoreSnapshot, _ matchers: [LabelMatcher], in range: TimeRange
  ) throws -> ExportReport {
    // Readers of a data directory look for a log.
    try makeFolder("\(directory)/wal")
    var report = ExportReport()
    var known: Set<Labels> = []
    let windows = windows(of: range)
    var bar = ProgressBar("exporting", total: windows.count)
    for window in windows {
      try writeBlock(view, matchers, in: window, &report, &known)
      bar.advance()
    }
    bar.finish()
    report.series = known.count
    return report
  }

  private func windows(of range: TimeRange) -> [TimeRange] {
    var windows: [TimeRange] = []
    var start = range.start.milliseconds
    while start < range.end.milliseconds {
      // Blocks hold [from, to), ranges (after, through].
      let first = start + 1
      let remainder = ((first % span.count) + span.count) % span.count
      let end = min(first - remainder + span.count - 1, range.end.milliseconds)
      windows.append(
        TimeRange(
          after: Timestamp(milliseconds: start), through: Timestamp(milliseconds: end)))
      start = end
    }
    return windows
  }

  private func writeBlock(
    _ view: StoreSnapshot, _ matchers: [LabelMatcher], in window: TimeRange,
    _ report: inout ExportReport, _ known: inout Set<Labels>
  ) throws {
    let found = try view.select(matchers, in: window)
    var writer = PrometheusBlockWriter(found.labels)
    var columns = SampleColumns()
    for (index, labels) in found.labels.enumerated() {
      try found.read(index, in: window, into: &columns)
      if columns.isEmpty { continue }
      known.insert(labels)
      report.samples += columns.count + columns.histograms.count
      writer.add(Series(labels: labels, samples: columns))
    }
    var random = SystemRandomNumberGenerator()
    let name = ULID.text(
      at: window.end, entropy: (UInt16.random(in: 0 ... .max, using: &random), random.next()))
    guard let files = writer.finish(ulid: name) else { return }
    let unfinished = "\(directory)/\(name).tmp-for-creation"
    try makeFolder("\(unfinished)/chunks")
    try write(files.index, to: "\(unfinished)/index")
    try write(files.tombstones, to: "\(unfinished)/tombstones")
    for (number, bytes) in files.chunks.enumerated() {
      let digits = "\(number + 1)"
      let padded = String(repeating: "0", count: max(0, 6 - digits.count)) + digits
      try write(bytes, to: "\(unfinished)/chunks/\(padded)")
    }
    try write(files.meta.bytes, to: "\(unfinished)/meta.json")
    do {
      try FileManager.default.moveItem(atPath: unfinished, toPath: "\(directory)/\(name)")
    } catch {
      throw CommandError("\(directory)/\(name): cannot be written: \(error)")
    }
    report.blocks.append(name)
  }

  private func makeFolder(_ path: String) throws {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw CommandError("\(path): cannot be made: \(error)")
    }
  }

  private func write(_ bytes: [UInt8], to path: String) throws {
    let file = try OutputFile(path)
    defer { file.close() }
    try file.write(bytes)
  }
}
