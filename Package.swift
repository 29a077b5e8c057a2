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

let package = Package(
  name: "assay",
  dependencies: [
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2")
  ],
  targets: [
    // C libraries and shims over them.
    .target(name: "CRE2", linkerSettings: [.linkedLibrary("re2")]),
    .target(name: "CDecimal"),
    .systemLibrary(name: "CSnappy", pkgConfig: "snappy", providers: [.apt(["libsnappy-dev"])]),

    // Floor 0: values.
    .target(
      name: "MetricModel", dependencies: ["CRE2", "CDecimal"], swiftSettings: settings),

    .target(name: "Manifest", swiftSettings: settings),

    // Floor 1: engines.
    .target(name: "PromQL", dependencies: ["MetricModel"], swiftSettings: settings),

    // Floor 2: shells.
    .target(
      name: "YAMLReader", dependencies: ["Manifest", .product(name: "Yams", package: "Yams")],
      swiftSettings: settings),

    .testTarget(
      name: "ManifestTests", dependencies: ["Manifest", "YAMLReader"], swiftSettings: settings),
    .testTarget(
      name: "MetricModelTests", dependencies: ["MetricModel"], swiftSettings: settings),
    .testTarget(name: "TidyTests", swiftSettings: settings),
  ],
  cxxLanguageStandard: .cxx17
)
