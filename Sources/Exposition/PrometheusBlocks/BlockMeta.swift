import Manifest
package import MetricModel

/// The file `meta.json` of a block: its name, its time range and where it came from.
package struct BlockMeta: Equatable, Sendable {
  /// 26 characters that sort by the time of creation.
  package var ulid: String
  /// Samples at and after it.
  package var minTime: Timestamp
  /// Samples before it.
  package var maxTime: Timestamp
  package var sampleCount: Int
  package var seriesCount: Int
  package var chunkCount: Int
  /// Whether the block holds late samples, whose times say nothing about where the head begins.
  package var isFromOutOfOrder: Bool

  package init(
    ulid: String, minTime: Timestamp, maxTime: Timestamp, sampleCount: Int = 0,
    seriesCount: Int = 0, chunkCount: Int = 0, isFromOutOfOrder: Bool = false
  ) {
    self.ulid = ulid
    self.minTime = minTime
    self.maxTime = maxTime
    self.sampleCount = sampleCount
    self.seriesCount = seriesCount
    self.chunkCount = chunkCount
    self.isFromOutOfOrder = isFromOutOfOrder
  }

  /// Reads the file.
  package init(_ bytes: [UInt8]) throws(BlockError) {
    func corrupt(_ reason: String, _ offset: Int = 0) -> BlockError {
      .corrupt(file: "meta.json", offset: offset, reason: reason)
    }
    let json: JSONValue
    do throws(JSONError) {
      json = try JSONValue(parsing: bytes)
    } catch {
      throw corrupt(error.message, error.offset)
    }
    guard let version = json["version"]?.asInteger else { throw corrupt("the version is missing") }
    guard version == 1 else {
      throw BlockError.unsupportedVersion(
        file: "meta.json", found: Int(version), accepted: 1)
    }
    guard let ulid = json["ulid"]?.asString, let minTime = json["minTime"]?.asInteger,
      let maxTime = json["maxTime"]?.asInteger
    else { throw corrupt("ulid, minTime or maxTime is missing") }
    func count(_ name: String) -> Int {
      Int(clamping: json[path: "stats", .field(name)]?.asInteger ?? 0)
    }
    let hints = json[path: "compaction", "hints"]?.asArray ?? []
    self.init(
      ulid: ulid, minTime: Timestamp(milliseconds: minTime),
      maxTime: Timestamp(milliseconds: maxTime), sampleCount: count("numSamples"),
      seriesCount: count("numSeries"), chunkCount: count("numChunks"),
      isFromOutOfOrder: hints.contains("from-out-of-order"))
  }

  /// The file's contents.
  package var bytes: [UInt8] {
    let json: JSONValue = [
      "ulid": .string(ulid), "minTime": .integer(minTime.milliseconds),
      "maxTime": .integer(maxTime.milliseconds),
      "stats": [
        "numSamples": .integer(Int64(sampleCount)), "numSeries": .integer(Int64(seriesCount)),
        "numChunks": .integer(Int64(chunkCount)),
      ],
      "compaction": ["level": 1, "sources": [.string(ulid)]],
      "version": 1,
    ]
    return Array(json.indented.utf8)
  }

  /// Where the head of a data directory begins: what is in its blocks counts no more in its log.
  package static func headStart(of blocks: [BlockMeta]) -> Timestamp? {
    blocks.filter { !$0.isFromOutOfOrder }.map(\.maxTime).max()
  }
}
