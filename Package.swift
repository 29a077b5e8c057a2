// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
]

/// A target of ours with the strict settings.
func strict(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// Its tests.
func tests(
  _ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []
) -> Target {
  .testTarget(
    name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings)
}

let package = Package(
  name: "assay",
  products: [.executable(name: "assay", targets: ["CLI"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    // C libraries and shims over them.
    .target(name: "CRE2", linkerSettings: [.linkedLibrary("re2")]),
    .target(name: "CDecimal"),
    .target(name: "CChecksum"),
    .target(
      name: "CCompression", linkerSettings: [.linkedLibrary("z"), .linkedLibrary("zstd")]),
    .target(name: "CCurl", linkerSettings: [.linkedLibrary("curl"), .linkedLibrary("crypto")]),
    .target(name: "CPosix"),
    .target(
      name: "CCredentials", linkerSettings: [.linkedLibrary("crypt"), .linkedLibrary("crypto")]),
    .systemLibrary(name: "CSnappy", pkgConfig: "snappy", providers: [.apt(["libsnappy-dev"])]),
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CLAPACKE", pkgConfig: "lapacke", providers: [.apt(["liblapacke-dev"])]),

    // Floor 0: values.
    strict("MetricModel", ["CRE2", "CDecimal"]),
    strict("Statistics", ["COpenBLAS", "CLAPACKE"]),
    strict("Manifest"),
    strict("ObjectWatching"),

    // Floor 1: engines.
    strict("PromQL", ["MetricModel", "Statistics"]),
    strict("QueryScripts", ["MetricModel", "PromQL"]),
    strict("Rules", ["MetricModel", "PromQL", "QueryScripts", "Manifest"]),
    strict("TimeSeriesStore", ["MetricModel", "CChecksum", "CCompression"]),
    strict("Exposition", ["MetricModel", "Manifest", "CSnappy"]),
    strict("Analysis", ["MetricModel", "Statistics", "Manifest"]),
    strict("StatisticsVectors", ["Statistics", "Manifest"]),
    strict("Scraping", ["MetricModel", "Manifest", "Exposition"]),
    strict("AnalysisQueries", ["MetricModel", "PromQL", "Analysis"]),
    strict(
      "AnalysisScripts",
      ["MetricModel", "Statistics", "QueryScripts", "Analysis", "AnalysisQueries", "Manifest"]),
    strict("Rollouts", ["MetricModel", "Analysis", "Manifest"]),
    strict("TrafficRouting", ["Manifest", "Rollouts"]),

    // Floor 2: shells, and the simulation, which is as pure as the engines.
    strict("HTTPTransport", ["CCurl"]),
    strict(
      "KubernetesClient",
      ["HTTPTransport", "ObjectWatching", "Manifest", "YAMLReader", "MetricModel"]),
    strict(
      "RolloutExecutor",
      [
        "AnalysisExecutor", "KubernetesClient", "HTTPTransport", "TrafficRouting", "Rollouts",
        "ObjectWatching", "Analysis", "Exposition", "Manifest", "MetricModel",
      ]),
    strict(
      "AnalysisExecutor",
      [
        "MetricModel", "PromQL", "Analysis", "AnalysisQueries", "Manifest", "HTTPTransport",
        "CPosix", .product(name: "SystemPackage", package: "swift-system"),
      ]),
    strict(
      "MetricTransfer",
      [
        "MetricModel", "Manifest", "Exposition", "Scraping", "TimeSeriesStore", "HTTPTransport",
        "YAMLReader",
      ]),
    strict("Study", ["Statistics"]),
    strict(
      "Simulation",
      [
        "MetricModel", "Statistics", "Manifest", "ObjectWatching", "Analysis", "Rollouts",
        "TrafficRouting",
      ]),
    strict("Backtesting", ["MetricModel", "Statistics", "Manifest", "Analysis"]),
    strict(
      "Admission",
      [
        "CCredentials", "Manifest", "YAMLReader",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ]),
    strict("YAMLReader", ["Manifest", .product(name: "Yams", package: "Yams")]),
    strict(
      "HTTPService",
      [
        "MetricModel", "PromQL", "Rules", "TimeSeriesStore", "Exposition", "Manifest",
        "HTTPTransport", "CCompression", "Analysis", "AnalysisExecutor", "MetricTransfer",
        "Scraping", "Admission", "CPosix",
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ]),

    // Floor 3: the command.
    .executableTarget(
      name: "CLI",
      dependencies: [
        "MetricModel", "Statistics", "StatisticsVectors", "Manifest", "PromQL", "QueryScripts",
        "Rules", "Study", "KubernetesClient", "RolloutExecutor", "TrafficRouting", "Scraping",
        "TimeSeriesStore", "Exposition", "Analysis", "AnalysisQueries", "AnalysisScripts",
        "AnalysisExecutor", "Backtesting", "HTTPTransport", "Rollouts", "Simulation", "YAMLReader",
        "HTTPService", "Admission",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: settings),

    .executableTarget(
      name: "QueryBenchmarks",
      dependencies: ["MetricModel", "PromQL", "Statistics", "TimeSeriesStore"],
      path: "Benchmarks/QueryBenchmarks", swiftSettings: settings),
    .target(name: "CReferenceDecoder", path: "Benchmarks/CReferenceDecoder"),
    .executableTarget(
      name: "StoreBenchmarks",
      dependencies: ["CReferenceDecoder", "MetricModel", "Exposition", "TimeSeriesStore"],
      path: "Benchmarks/StoreBenchmarks", swiftSettings: settings),
    .executableTarget(
      name: "AnalysisBenchmarks",
      dependencies: [
        "Analysis", "AnalysisExecutor", "Manifest", "MetricModel", "PromQL", "TimeSeriesStore",
      ],
      path: "Benchmarks/AnalysisBenchmarks", swiftSettings: settings),
    .executableTarget(
      name: "StatisticsBenchmarks", dependencies: ["Statistics"],
      path: "Benchmarks/StatisticsBenchmarks", exclude: ["Reference"], swiftSettings: settings),

    tests("MetricModelTests", ["MetricModel"]),
    tests(
      "StatisticsTests", ["Statistics", "StatisticsVectors", "Manifest"], exclude: ["Reference"]),
    tests("StudyTests", ["Study", "Statistics"]),
    tests(
      "ScrapingTests", ["Scraping", "Exposition", "MetricModel", "Manifest", "YAMLReader"]),
    // What tests of several targets use.
    .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: settings),
    tests("ObjectWatchingTests", ["ObjectWatching"]),
    tests(
      "KubernetesClientTests",
      ["KubernetesClient", "ObjectWatching", "HTTPTransport", "Manifest", "TestSupport"]),
    tests(
      "RolloutExecutorTests",
      [
        "RolloutExecutor", "KubernetesClient", "HTTPTransport", "Analysis", "Rollouts", "Manifest",
        "MetricModel", "YAMLReader", "Exposition",
      ]),
    tests(
      "MetricTransferTests",
      [
        "MetricTransfer", "Scraping", "HTTPTransport", "TimeSeriesStore", "Exposition",
        "MetricModel", "Manifest", "YAMLReader",
      ]),
    tests("ManifestTests", ["Manifest", "YAMLReader"]),
    tests("PromQLTests", ["PromQL", "MetricModel"]),
    tests("QueryScriptsTests", ["QueryScripts", "PromQL", "MetricModel"]),
    tests(
      "ConformanceTests", ["QueryScripts", "PromQL", "MetricModel"], exclude: ["score.txt"]),
    tests("DifferentialTests", ["Exposition", "PromQL", "MetricModel"]),
    tests("RulesTests", ["Rules", "MetricModel", "PromQL", "Manifest", "YAMLReader"]),
    tests("HTTPTransportTests", ["HTTPTransport", "TestSupport"]),
    tests("AdmissionTests", ["Admission"]),
    tests("TimeSeriesStoreTests", ["TimeSeriesStore", "MetricModel"], exclude: ["Released"]),
    tests(
      "InterchangeTests", ["Exposition", "Scraping", "MetricModel", "Manifest", "YAMLReader"]),
    tests("ExpositionTests", ["Exposition", "MetricModel"]),
    tests("AnalysisTests", ["Analysis", "MetricModel", "Statistics", "Manifest", "YAMLReader"]),
    tests(
      "AnalysisScriptsTests",
      ["AnalysisScripts", "Analysis", "MetricModel", "Manifest", "YAMLReader"]),
    tests(
      "AnalysisExecutorTests",
      [
        "AnalysisExecutor", "Analysis", "HTTPTransport", "MetricModel", "Manifest", "YAMLReader",
        "TestSupport",
      ]),
    tests(
      "BacktestingTests", ["Backtesting", "Analysis", "MetricModel", "Manifest", "YAMLReader"]),
    tests("TrafficRoutingTests", ["TrafficRouting", "Rollouts", "Manifest", "YAMLReader"]),
    tests("RolloutsTests", ["Rollouts", "Analysis", "MetricModel", "Manifest", "YAMLReader"]),
    tests(
      "SimulationTests",
      [
        "Simulation", "Rollouts", "Analysis", "Statistics", "MetricModel", "Manifest", "YAMLReader",
      ], exclude: ["Golden"]),
    tests(
      "HTTPServiceTests",
      [
        "HTTPService", "HTTPTransport", "PromQL", "Rules", "Analysis", "AnalysisExecutor",
        "Manifest",
        "TimeSeriesStore", "Exposition", "MetricModel", "Admission",
        .product(name: "Logging", package: "swift-log"),
      ]),
    // Runs the built program as users do, so it needs it built.
    tests("EndToEndTests", ["CLI", "Exposition", "MetricModel"]),
    tests("TidyTests"),
  ],
  cxxLanguageStandard: .cxx20
)

// Only `make fuzz` sets this: libFuzzer's library isn't linked otherwise.
if Context.environment["ASSAY_FUZZER"] != nil {
  package.targets += [
    .target(name: "CFuzzer", path: "Tests/CFuzzer"),
    .executableTarget(
      name: "DecoderFuzzer",
      dependencies: [
        "CFuzzer", "Analysis", "Exposition", "Manifest", "MetricModel", "PromQL",
        "TimeSeriesStore",
      ], path: "Tests/DecoderFuzzer", swiftSettings: settings),
  ]
}
