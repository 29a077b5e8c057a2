import Exposition

/// A body that is made while it is sent: the next part when the client has taken the one before.
///
/// A part that can't be made ends the connection, since the status is sent already.
protocol BodyParts: Sendable {
  /// The next part, which may be empty; nil after the last.
  mutating func next() throws(APIError) -> [UInt8]?
}

extension AnswerParts: BodyParts {}

/// The compressed form of other parts.
struct CompressedParts: BodyParts {
  private var plain: any BodyParts
  private let stream: CompressionStream
  private var isFinished = false

  /// Nil where the library has no memory for it.
  init?(_ plain: any BodyParts, _ encoding: ContentEncoding) {
    guard let stream = CompressionStream(encoding) else { return nil }
    self.plain = plain
    self.stream = stream
  }

  mutating func next() throws(APIError) -> [UInt8]? {
    if isFinished { return nil }
    let part = try plain.next()
    isFinished = part == nil
    guard let compressed = stream.compressed(part ?? [], isLast: isFinished) else {
      throw APIError(.internal, "the answer can't be compressed")
    }
    return compressed
  }
}
