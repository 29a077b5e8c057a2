import MetricModel

/// The files `chunks/000001`, … of a block: samples, 120 or so to a chunk.
///
/// The layout is that of Prometheus' `tsdb/docs/format/chunks.md`.
struct ChunkReader {
  private let segments: [BlockBytes]

  private static let magic: UInt32 = 0x85bd_40dd

  /// - Parameter segments: the contents of the segment files in the order of their names.
  init(_ segments: [[UInt8]]) throws(BlockError) {
    var checked: [BlockBytes] = []
    for (index, bytes) in segments.enumerated() {
      let number = String(index + 1)
      let name = "chunks/" + String(repeating: "0", count: max(0, 6 - number.utf8.count)) + number
      var header = BlockBytes(bytes, file: name)
      guard try header.bigEndian32("the magic number") == Self.magic else {
        throw header.corrupt("it does not start as a chunk file does")
      }
      let version = try header.byte("the format version")
      guard version == 1 else {
        throw BlockError.unsupportedVersion(file: name, found: Int(version), accepted: 1)
      }
      checked.append(BlockBytes(bytes, file: name))
    }
    self.segments = checked
  }

  /// Adds the samples of a chunk to `columns`; times must go on ascending.
  func read(
    _ chunk: IndexReader.ChunkReference, of labels: Labels, onto columns: inout SampleColumns
  ) throws(BlockError) {
    let segment = Int(chunk.reference >> 32)
    guard segment < segments.count else {
      throw BlockError.corrupt(
        file: "index", offset: 0,
        reason: "a chunk of \(labels) lies in segment \(segment + 1), there are \(segments.count)")
    }
    var place = try segments[segment].from(chunk.reference & 0xffff_ffff)
    let length = try place.unsignedVarint("the length of a chunk")
    guard length < UInt64(place.remaining) else {
      throw place.corrupt("a chunk of \(length) bytes does not fit in the file")
    }
    // The length counts the samples only, the checksum covers the byte of the encoding too.
    var content = try place.checkedPart(length: length + 1, of: "a chunk")
    let encoding = try content.byte("the encoding of a chunk")
    guard let known = ChunkEncoding(rawValue: encoding) else {
      throw BlockError.unsupportedEncoding(series: labels.description, encoding: encoding)
    }
    try known.decode(content, of: labels.description, onto: &columns)
  }
}
