import Exposition
import Manifest
import MetricTransfer
import Scraping
import YAMLReader

/// A `prometheus.yml` from disk.
struct PrometheusConfiguration {
  let scraping: ScrapeConfiguration
  /// What it asks for that isn't supported, each with its place in the file.
  let notes: [String]
  /// Without secrets, for people.
  let yaml: String

  /// - Parameter features: what the server was told besides.
  init(_ path: String, _ features: FeatureOptions? = nil) throws {
    let text = try Files.readText(path)
    do throws(ManifestError) {
      let document =
        try YAMLReader.documents(in: text, scalars: .asWritten).first ?? ManifestNode(.map([]))
      let (configuration, notes) = try ScrapeConfiguration.read(
        document, prefersProtobuf: features?.addsStartZeros ?? false)
      scraping = configuration.resolved(from: Self.folder(of: path))
      self.notes = notes.map { "\(path):\($0)" }
      yaml = ConfigurationText.yaml(document)
    } catch {
      throw CommandError("\(path):\(error)")
    }
  }

  private static func folder(of path: String) -> String {
    path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? ""
  }

  /// The files that it names and that nobody has: secrets and certificates.
  var missingFiles: [String] {
    let clients = scraping.jobs.map(\.client) + scraping.remoteWrites.map(\.client)
    return clients.flatMap(\.files).filter { path in
      (try? Files.read(path)) == nil
    }
  }
}

extension TransferFiles {
  /// The disk.
  static let disk = TransferFiles(
    matching: { try GlobPaths.matching($0, from: ".") }, read: { try Files.read($0) })
}
