import Foundation
import Testing

/// Taste that a machine can check, so that nobody has to police it.
@Suite struct TidyTests {
  /// What each target may import besides the standard library: the arrows of the picture in the
  /// README. A new arrow is a decision, made here.
  private static let imports: [String: Set<String>] = [
    "MetricModel": ["CRE2", "CDecimal", "Glibc"],
    "Manifest": [],
    "ObjectWatching": [],
    "Statistics": ["COpenBLAS", "CLAPACKE", "Glibc"],
    "StatisticsVectors": ["Statistics", "Manifest", "Glibc"],
    "PromQL": ["MetricModel", "Statistics", "Glibc", "Synchronization"],
    "QueryScripts": ["MetricModel", "PromQL"],
    "Rules": ["MetricModel", "PromQL", "QueryScripts", "Manifest"],
    "TimeSeriesStore": [
      "MetricModel", "CChecksum", "CCompression", "Glibc", "Synchronization",
    ],
    "Exposition": ["MetricModel", "Manifest", "CSnappy"],
    "Scraping": ["MetricModel", "Manifest", "Exposition", "Glibc"],
    "Analysis": ["MetricModel", "Statistics", "Manifest", "Glibc"],
    "Rollouts": ["MetricModel", "Analysis", "Manifest"],
    "TrafficRouting": ["Manifest", "Rollouts"],
    "Simulation": [
      "MetricModel", "Statistics", "PromQL", "TimeSeriesStore", "Analysis", "Rollouts",
      "TrafficRouting", "Manifest", "ObjectWatching",
    ],
    "AnalysisQueries": ["MetricModel", "PromQL", "Analysis"],
    "AnalysisScripts": [
      "MetricModel", "Statistics", "QueryScripts", "Analysis", "AnalysisQueries", "Manifest",
      "Glibc",
    ],
    "Backtesting": ["MetricModel", "Statistics", "Manifest", "Analysis", "Glibc"],
    "AnalysisExecutor": [
      "MetricModel", "PromQL", "Analysis", "AnalysisQueries", "Manifest", "HTTPTransport",
      "SystemPackage", "FoundationEssentials", "Glibc", "Synchronization", "CPosix",
    ],
    "Admission": [
      "CCredentials", "Manifest", "YAMLReader", "NIOCore", "NIOSSL", "FoundationEssentials",
      "Glibc", "Synchronization",
    ],
    "Study": ["Statistics", "Glibc"],
    "YAMLReader": ["Manifest", "Yams"],
    "HTTPTransport": ["CCurl", "Glibc", "Synchronization"],
    "MetricTransfer": [
      "MetricModel", "Manifest", "Exposition", "Scraping", "TimeSeriesStore", "HTTPTransport",
      "YAMLReader", "FoundationEssentials", "Dispatch", "Synchronization",
    ],
    "KubernetesClient": [
      "HTTPTransport", "Manifest", "YAMLReader", "MetricModel", "Glibc", "Synchronization",
      "FoundationEssentials", "Dispatch", "ObjectWatching",
    ],
    "RolloutExecutor": [
      "KubernetesClient", "HTTPTransport", "AnalysisExecutor", "Rollouts", "Analysis", "Manifest",
      "MetricModel", "Exposition", "TrafficRouting", "FoundationEssentials", "Synchronization",
      "ObjectWatching",
    ],
    "HTTPService": [
      "Analysis", "AnalysisExecutor", "MetricModel", "PromQL", "Rules", "TimeSeriesStore",
      "Exposition", "Manifest", "HTTPTransport", "Hummingbird", "Logging", "CCompression",
      "FoundationEssentials", "MetricTransfer", "Scraping", "Admission", "ServiceLifecycle",
      "HummingbirdCore", "NIOCore", "NIOHTTPTypes", "HTTPTypes", "Synchronization", "Glibc",
      "UnixSignals", "Dispatch", "CPosix",
    ],
    "CLI": [
      "Admission", "KubernetesClient", "RolloutExecutor", "TrafficRouting", "Scraping", "Study",
      "Synchronization", "AnalysisQueries", "AnalysisScripts", "AnalysisExecutor", "Backtesting",
      "HTTPTransport",
      "MetricModel", "PromQL", "QueryScripts", "Rules", "TimeSeriesStore", "Exposition", "Analysis",
      "Rollouts",
      "Simulation", "Statistics", "StatisticsVectors", "Manifest", "YAMLReader", "HTTPService",
      "ArgumentParser",
      "FoundationEssentials", "Logging", "SystemPackage", "Glibc", "MetricTransfer", "Dispatch",
    ],
  ]

  private static let vagueNames = [
    "Utils", "Util", "Helpers", "Helper", "Manager", "Misc", "Common", "Base", "Impl", "Info",
    "Data",
    "Processor",
  ]

  @Test(arguments: SourceFile.all)
  func `files are short enough to be one thing`(file: SourceFile) {
    #expect(file.lines.count <= 600, "\(file.path) has \(file.lines.count) lines")
  }

  @Test(arguments: SourceFile.all)
  func `lines fit a screen`(file: SourceFile) {
    for (number, line) in file.lines.enumerated() where line.count > 100 {
      Issue.record("\(file.path):\(number + 1) has \(line.count) characters, at most 100")
    }
  }

  @Test(arguments: SourceFile.all)
  func `names say what a thing is`(file: SourceFile) {
    let name = file.name
    #expect(!Self.vagueNames.contains { name.hasSuffix($0) }, "\(file.path): the name says nothing")
  }

  @Test(arguments: SourceFile.products)
  func `targets import what the picture of the floors allows`(file: SourceFile) throws {
    guard let allowed = Self.imports[file.target] else {
      Issue.record("\(file.path): target \(file.target) has no row in the table of imports")
      return
    }
    for line in file.lines {
      let words = line.split(separator: " ")
      guard let index = words.firstIndex(of: "import"), index <= 1, let module = words.last,
        words.count <= 3
      else { continue }
      #expect(allowed.contains(String(module)), "\(file.path) imports \(module)")
    }
  }

  @Test(arguments: SourceFile.products)
  func `unsafe code stays where it is announced`(file: SourceFile) {
    let isAnnounced =
      file.name.hasSuffix("Kernels") || file.name.hasPrefix("Mapped") || file.name.contains("Bits")
      || file.name == "PosixFiles"
    guard !isAnnounced else { return }
    for (number, line) in file.code.enumerated()
    where line.contains("unsafe ") || line.contains("Unsafe") {
      Issue.record("\(file.path):\(number + 1) has unsafe code; it belongs in a …Kernels file")
    }
  }

  @Test(arguments: SourceFile.products)
  func `nothing that data can reach may crash`(file: SourceFile) {
    for (number, line) in file.code.enumerated() {
      for crash in ["try!", "as!", "fatalError("] where line.contains(crash) {
        Issue.record("\(file.path):\(number + 1) has \(crash)")
      }
    }
  }

  @Test(arguments: SourceFile.all)
  func `comments state what is, not what was or will be`(file: SourceFile) {
    let marks = ["TO" + "DO", "FIX" + "ME", "XX" + "X", "// MA" + "RK"]
    for (number, line) in file.lines.enumerated() {
      for mark in marks where line.contains(mark) {
        Issue.record("\(file.path):\(number + 1) has \(mark)")
      }
    }
  }

  @Test(arguments: Set(SourceFile.products.map(\.target)).sorted())
  func `each target has a design note`(target: String) {
    let note = SourceFile.root.appending(path: "Sources/\(target)/\(target).docc/\(target).md")
    #expect(FileManager.default.fileExists(atPath: note.path), "\(note.path) is missing")
  }
}
