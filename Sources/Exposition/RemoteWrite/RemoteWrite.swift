/// Remote write 1.0: a `WriteRequest` in protobuf, compressed with Snappy.
///
///     let message = try RemoteWrite.decompressed(body)
///     let batch = try decoder.decode(message)      // a RemoteWriteDecoder, kept between requests
package enum RemoteWrite {
  /// What Prometheus accepts after decompression.
  package static let decodedBytesMax = 32 << 20

  /// The protobuf message in a body; its size is checked before memory is taken for it.
  package static func decompressed(
    _ body: [UInt8], bytesMax: Int = decodedBytesMax
  ) throws(RemoteWriteError) -> [UInt8] {
    guard let size = Snappy.declaredSize(of: body) else { throw .notSnappy }
    guard size <= bytesMax else { throw .tooLarge(declaredBytes: size, limitBytes: bytesMax) }
    guard let message = Snappy.decompress(body, size: size) else { throw .notSnappy }
    return message
  }

  /// Field numbers of the messages in `prometheus/prompb/{remote,types}.proto`.
  enum Field {
    static let timeSeries: UInt64 = 1
    static let labels: UInt64 = 1
    static let samples: UInt64 = 2
    static let histograms: UInt64 = 4
    static let labelName: UInt64 = 1
    static let labelValue: UInt64 = 2
    static let sampleValue: UInt64 = 1
    static let sampleTimestamp: UInt64 = 2
  }
}
