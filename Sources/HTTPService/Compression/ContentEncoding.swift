/// How bodies are compressed on the wire.
enum ContentEncoding: String, Sendable {
  case gzip
  case zstd

  /// Bodies below this aren't worth it.
  static let bytesMin = 1024

  /// The one to answer with, by a request's `Accept-Encoding`; nil for plain bytes.
  ///
  /// Go's clients and browsers ask for gzip; zstd costs less for the same size, so it wins where a
  /// client gives both the same weight.
  static func chosen(accepting header: String) -> ContentEncoding? {
    if header.isEmpty || header == "identity" { return nil }
    var best: (encoding: ContentEncoding, weight: Double)?
    for part in header.split(separator: ",") {
      let pieces = part.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
      guard let name = pieces.first?.lowercased() else { continue }
      let quality = pieces.dropFirst().first { $0.hasPrefix("q=") }
      let weight = quality.flatMap { Double($0.dropFirst(2)) } ?? 1
      let encoding = ContentEncoding(rawValue: name == "x-gzip" ? "gzip" : name)
      guard let encoding, weight > 0 else { continue }
      let isBetter =
        best.map { weight > $0.weight || weight == $0.weight && encoding == .zstd } ?? true
      if isBetter { best = (encoding, weight) }
    }
    return best?.encoding
  }
}
