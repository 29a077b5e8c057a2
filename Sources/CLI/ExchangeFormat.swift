import ArgumentParser
import Exposition
import MetricModel

/// The forms in which samples come and go as files.
enum ExchangeFormat: String, CaseIterable, ExpressibleByArgument {
  /// Directories of Prometheus: blocks, and on the way in the log and the chunks of its head.
  case prometheus
  case openmetrics
  /// Prometheus' text format with timestamps; only in.
  case text
  case csv
  /// VictoriaMetrics' lines of JSON.
  case jsonl
  /// What `promtool tsdb dump` prints.
  case dump
  /// The answer to a range query; only in.
  case matrix

  /// By the ending of a file's name.
  init?(path: String) {
    switch path.split(separator: ".").last {
    case "om", "openmetrics": self = .openmetrics
    case "txt", "prom": self = .text
    case "csv": self = .csv
    case "jsonl", "ndjson": self = .jsonl
    case "dump": self = .dump
    case "json": self = .matrix
    default: return nil
    }
  }

  /// The samples of a file.
  func parse(_ bytes: [UInt8], of path: String) throws -> SampleBatch {
    do {
      switch self {
      case .openmetrics: return try OpenMetricsParser.parse(bytes, untimedAt: nil)
      case .text, .prometheus: return try TextParser.parse(bytes, untimedAt: nil)
      case .csv: return try SeriesCSV.parse(bytes)
      case .jsonl: return try SeriesJSONLines.parse(bytes)
      case .dump: return try DumpText.parse(bytes)
      case .matrix:
        var batch = SampleBatch()
        for series in try MatrixJSON.parse(bytes).series {
          batch.append(series.labels, series.samples)
        }
        return batch
      }
    } catch {
      throw CommandError("\(path):\(error)")
    }
  }
}

/// Series as text, written piece by piece.
struct ExchangeWriter {
  private enum Form {
    case openmetrics(OpenMetricsWriter)
    case csv(SeriesCSV)
    case jsonl(SeriesJSONLines)
  }

  private var form: Form
  /// Samples that the format has no spelling for.
  private(set) var omitted = 0

  /// Nil for formats that aren't written as one text.
  init?(_ format: ExchangeFormat) {
    switch format {
    case .openmetrics: form = .openmetrics(OpenMetricsWriter())
    case .csv: form = .csv(SeriesCSV())
    case .jsonl: form = .jsonl(SeriesJSONLines())
    case .prometheus, .text, .dump, .matrix: return nil
    }
  }

  mutating func append(_ series: Series) {
    switch form {
    case .openmetrics(var writer):
      omitted += writer.append(series)
      form = .openmetrics(writer)
    case .csv(var writer):
      omitted += writer.append(series)
      form = .csv(writer)
    case .jsonl(var writer):
      omitted += writer.append(series)
      form = .jsonl(writer)
    }
  }

  /// The text since the last call.
  mutating func take() -> [UInt8] {
    switch form {
    case .openmetrics(var writer):
      let bytes = writer.take()
      form = .openmetrics(writer)
      return bytes
    case .csv(var writer):
      let bytes = writer.take()
      form = .csv(writer)
      return bytes
    case .jsonl(var writer):
      let bytes = writer.take()
      form = .jsonl(writer)
      return bytes
    }
  }

  /// What ends the text.
  var ending: [UInt8] {
    if case .openmetrics = form { Array("# EOF\n".utf8) } else { [] }
  }
}
