package import MetricModel

/// Makes a block as Prometheus writes it, out of series in the order of labels.
///
///     var writer = PrometheusBlockWriter(labels)
///     for labels in labels { writer.add(Series(labels: labels, samples: …)) }
///     let files = writer.finish(ulid: ULID.text(at: now, entropy: random))
///
/// Samples come out bit for bit, native histograms in whole numbers where they have nothing else.
/// Start times have no place in the formats that every Prometheus reads, and are left out.
package struct PrometheusBlockWriter {
  /// The files of a block; `chunks` in the order of their numbers, from `chunks/000001` on.
  package struct Files: Sendable {
    package var index: [UInt8]
    package var chunks: [[UInt8]]
    package var tombstones: [UInt8]
    package var meta: BlockMeta
  }

  private var index: IndexWriter
  private var segments: [[UInt8]] = []
  private var meta = BlockMeta(
    ulid: "", minTime: .latest, maxTime: .earliest)
  private let segmentBytesMax: Int

  /// - Parameters:
  ///   - labels: those of all series to come.
  ///   - segmentBytesMax: when a file of chunks is full; Prometheus reads up to 512 MiB.
  package init(_ labels: [Labels], segmentBytesMax: Int = 512 << 20) {
    index = IndexWriter(labels)
    self.segmentBytesMax = segmentBytesMax
  }

  /// Adds a series; one without samples is left out.
  package mutating func add(_ series: Series) {
    var references: [IndexReader.ChunkReference] = []
    for chunk in WrittenChunk.chunks(of: series.samples) {
      references.append(append(chunk))
      meta.minTime = min(meta.minTime, Timestamp(milliseconds: chunk.earliest))
      meta.maxTime = max(meta.maxTime, Timestamp(milliseconds: chunk.latest &+ 1))
      meta.sampleCount += chunk.sampleCount
    }
    if references.isEmpty { return }
    meta.seriesCount += 1
    meta.chunkCount += references.count
    index.add(series.labels, references)
  }

  private mutating func append(_ chunk: WrittenChunk) -> IndexReader.ChunkReference {
    if segments.last.map({ $0.count + chunk.bytes.count + 20 > segmentBytesMax }) != false {
      var header: [UInt8] = []
      header.appendBigEndian(0x85bd_40dd, 4)
      segments.append(header + [1, 0, 0, 0])
    }
    let segment = segments.count - 1
    let offset = segments[segment].count
    let covered = [chunk.encoding.rawValue] + chunk.bytes
    segments[segment].appendVarint(UInt64(chunk.bytes.count))
    segments[segment] += covered
    segments[segment].appendBigEndian(UInt64(CRC32C.checksum(of: covered[...])), 4)
    return IndexReader.ChunkReference(
      earliest: chunk.earliest, latest: chunk.latest,
      reference: UInt64(segment) << 32 | UInt64(offset))
  }

  /// The files; nil when there is not one sample, since an empty block is none.
  package mutating func finish(ulid: String) -> Files? {
    guard meta.seriesCount > 0 else { return nil }
    meta.ulid = ulid
    var tombstones: [UInt8] = []
    tombstones.appendBigEndian(0x0130_ba30, 4)
    tombstones.append(1)
    tombstones.appendBigEndian(UInt64(CRC32C.checksum(of: [])), 4)
    return Files(index: index.finish(), chunks: segments, tombstones: tombstones, meta: meta)
  }
}

/// Names of blocks: 26 characters, a time and randomness, which sort by time.
package enum ULID {
  private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

  /// - Parameter entropy: 80 random bits, the upper 16 in the first number.
  package static func text(at time: Timestamp, entropy: (UInt16, UInt64)) -> String {
    let milliseconds = UInt64(clamping: time.milliseconds) & 0xffff_ffff_ffff
    var bits = ChunkBitWriter()
    // 26 characters hold 130 bits, of which the first two are zero.
    bits.bits(0, 6)
    bits.bits(milliseconds, 48)
    bits.bits(UInt64(entropy.0), 16)
    bits.bits(entropy.1, 64)
    var text: [UInt8] = []
    var (pending, count): (UInt64, Int) = (0, 0)
    var skipped = 4
    for byte in bits.finished {
      for shift in stride(from: 7, through: 0, by: -1) {
        if skipped > 0 {
          skipped -= 1
          continue
        }
        pending = pending << 1 | UInt64(byte >> UInt8(shift) & 1)
        count += 1
        if count == 5 && text.count < 26 {
          text.append(alphabet[Int(pending)])
          (pending, count) = (0, 0)
        }
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
