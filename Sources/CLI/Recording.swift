import Exposition
import FoundationEssentials
import Manifest
import MetricModel
import TimeSeriesStore
import YAMLReader

/// Metrics that somebody recorded: a data directory of Prometheus, or one file.
///
///     let recording = try Recording("queries/recordings/healthy")
///     try recording.load(into: store)
struct Recording {
  /// From `recording.json` in the folder; nil when there is none.
  let description: RecordingDescription?
  private let parts: [Part]

  private enum Part {
    case block(folder: String)
    case head(folder: String)
    case file(String, ExchangeFormat)
  }

  /// - Parameter format: what files are; told by the endings of their names when nil.
  init(_ path: String, format: ExchangeFormat? = nil) throws {
    var isDirectory = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
      throw CommandError(
        "\(path): no such file or folder; give a folder of Prometheus blocks or an OpenMetrics file"
      )
    }
    guard isDirectory else {
      description = nil
      parts = [.file(path, format ?? ExchangeFormat(path: path) ?? .text)]
      return
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    if names.contains("recording.json") {
      description = try RecordingDescription(path: "\(path)/recording.json")
    } else {
      description = nil
    }
    let folders = names.contains("index") ? [path] : names.map { "\(path)/\($0)" }
    let blocks = folders.filter { FileManager.default.fileExists(atPath: "\($0)/index") }
      .map { Part.block(folder: $0) }
    parts = blocks + (names.contains("wal") ? [.head(folder: path)] : [])
    guard !parts.isEmpty else {
      throw CommandError(
        "\(path): found no Prometheus block (a folder with \"index\" and \"chunks\"), "
          + "and no log (\"wal\"), found: \(names.prefix(10).joined(separator: ", "))")
    }
  }

  /// Appends everything.
  @discardableResult
  func load(into store: Store) throws -> LoadedSamples {
    var total = LoadedSamples()
    for part in parts {
      switch part {
      case .block(let folder): total += try Self.load(block: folder, into: store)
      case .head(let folder): total += try Self.load(head: folder, into: store)
      case .file(let path, let format):
        total += try Self.load(file: path, format, into: store)
      }
    }
    return total
  }
}
