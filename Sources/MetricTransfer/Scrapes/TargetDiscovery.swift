import Manifest
import MetricModel
import Scraping
import YAMLReader

/// What stands in the files of targets, as of the last look.
///
/// Files are read again every few seconds, and at each `refresh_interval`, if that is shorter; they
/// are parsed only when they have changed. One that can't be read or parsed leaves its targets as
/// they were.
struct TargetDiscovery {
  private struct Found {
    var bytes: [UInt8]
    var groups: [TargetGroup]
  }

  private var files: [String: Found] = [:]
  /// What was said of a file already, so that it isn't said again and again.
  private var complaints: [String: String] = [:]
  private var nextLook: Timestamp?

  static let lookInterval = Milliseconds.seconds(5)

  /// Looks at the files of all jobs if it is time to.
  ///
  /// - Returns: whether something has changed.
  mutating func refresh(
    _ jobs: [ScrapeJob], at now: Timestamp, _ access: TransferFiles, report: (String) -> Void
  ) -> Bool {
    if let nextLook, now < nextLook { return false }
    let shortest = jobs.flatMap(\.files).map(\.refreshInterval).min()
    nextLook = now.advanced(by: min(shortest ?? Self.lookInterval, Self.lookInterval))
    var hasChanged = false
    var present: Set<String> = []
    for pattern in Set(jobs.flatMap(\.files).flatMap(\.patterns)).sorted() {
      do {
        for path in try access.matching(pattern) {
          present.insert(path)
          if try look(at: path, access) { hasChanged = true }
          complaints[path] = nil
        }
        complaints[pattern] = nil
      } catch {
        let text = "\(error)"
        if complaints.updateValue(text, forKey: pattern) != text {
          report("files of targets \(pattern): \(text)")
        }
      }
    }
    for path in files.keys where !present.contains(path) && complaints[path] == nil {
      files[path] = nil
      hasChanged = true
    }
    return hasChanged
  }

  private mutating func look(at path: String, _ access: TransferFiles) throws -> Bool {
    let bytes = try access.read(path)
    guard files[path]?.bytes != bytes else { return false }
    let text = String(decoding: bytes, as: UTF8.self)
    let document = try YAMLReader.documents(in: text, scalars: .asWritten).first
    let groups = try document.map { node throws(ManifestError) in
      try ScrapeConfiguration.groups(of: node, path: path)
    }
    files[path] = Found(bytes: bytes, groups: groups ?? [])
    return true
  }

  /// The groups found for a job, in the order of the files' names.
  func groups(of job: ScrapeJob, _ access: TransferFiles) -> [TargetGroup] {
    let paths = job.files.flatMap(\.patterns).flatMap { (try? access.matching($0)) ?? [] }
    return Set(paths).sorted().flatMap { files[$0]?.groups ?? [] }
  }
}
