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
  targets: [
    // C libraries and shims over them.
    .target(name: "CRE2", linkerSettings: [.linkedLibrary("re2")]),
    .target(name: "CDecimal"),
    .systemLibrary(name: "CSnappy", pkgConfig: "snappy", providers: [.apt(["libsnappy-dev"])]),

    // Floor 0: values.
    .target(
      name: "MetricModel", dependencies: ["CRE2", "CDecimal"], swiftSettings: settings),

    // Floor 1: engines.
    .target(name: "PromQL", dependencies: ["MetricModel"], swiftSettings: settings),

    .testTarget(
      name: "MetricModelTests", dependencies: ["MetricModel"], swiftSettings: settings),
  ],
  cxxLanguageStandard: .cxx17
)
