import Exposition
import FoundationEssentials
import Manifest
import MetricModel
import TimeSeriesStore
import YAMLReader

/// Metrics that somebody recorded: a folder of Prometheus blocks, or one exposition file.
///
///     let recording = try Recording("queries/recordings/healthy")
///     try recording.load(into: store)
struct Recording {
  /// From `recording.json` in the folder; nil when there is none.
  let description: RecordingDescription?
  private let parts: [Part]

  private enum Part {
    case block(folder: String)
    case file(String)
  }

  init(_ path: String) throws {
    var isDirectory = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
      throw CommandError(
        "\(path): no such file or folder; give a folder of Prometheus blocks or an OpenMetrics file"
      )
    }
    guard isDirectory else {
      description = nil
      parts = [.file(path)]
      return
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    if names.contains("recording.json") {
      description = try RecordingDescription(path: "\(path)/recording.json")
    } else {
      description = nil
    }
    let folders = names.contains("index") ? [path] : names.map { "\(path)/\($0)" }
    parts = folders.filter { FileManager.default.fileExists(atPath: "\($0)/index") }
      .map { .block(folder: $0) }
    guard !parts.isEmpty else {
      throw CommandError(
        "\(path): found no Prometheus block (a folder with \"index\" and \"chunks\"), "
          + "found: \(names.prefix(10).joined(separator: ", "))")
    }
  }

  /// Appends everything; the number of samples stored.
  @discardableResult
  func load(into store: Store) throws -> Int {
    var total = 0
    for part in parts {
      switch part {
      case .block(let folder): total += try Self.load(block: folder, into: store)
      case .file(let path): total += try Self.load(file: path, into: store)
      }
    }
    return total
  }
}
