internal import MetricModel

/// What is known about metric families; the latest word counts.
struct MetadataTable: Sendable {
  /// By the bytes of the family's name, which `String` would compare by canonical equivalence.
  private var families: [[UInt8]: MetricMetadata] = [:]

  /// The most families kept; further ones are refused.
  static let familiesMax = 100_000
  /// The most bytes of a help text.
  static let helpBytesMax = 16 << 10

  var isEmpty: Bool { families.isEmpty }

  /// By the names of families, bytewise.
  var all: [MetricMetadata] {
    families.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.value)
  }

  subscript(family: String) -> MetricMetadata? { families[Array(family.utf8)] }

  enum Decision { case new, known, refused }

  func decide(_ metadata: MetricMetadata) -> Decision {
    let known = self[metadata.family]
    if known == metadata { return .known }
    let fits =
      metadata.help.utf8.count <= Self.helpBytesMax
      && (known != nil || families.count < Self.familiesMax)
    return fits ? .new : .refused
  }

  mutating func set(_ metadata: MetricMetadata) {
    families[Array(metadata.family.utf8)] = metadata
  }
}
