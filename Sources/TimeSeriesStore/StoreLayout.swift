/// The names of everything in a store's directory.
///
///     DIR/ASSAY-STORE           the format, one line
///     DIR/LOCK                  locked while the store is open
///     DIR/log/00000007.log      the log of head 7
///     DIR/blocks/00000006/      a sealed block: index, chunks
///     DIR/blocks/tmp-00000007/  a block being written
///     DIR/damaged/              copies of what a repair changed
struct StoreLayout: Sendable {
  let directory: String

  /// The contents of the format file.
  static let format = "assay store, format 3"
  /// Formats of before that are read; opening for writing makes them the present one.
  static let olderFormats = ["assay store, format 1", "assay store, format 2"]
  static let formatFile = "ASSAY-STORE"

  /// The directory that holds the store's.
  var parent: String { Self.parent(of: directory) }
  var format: String { directory + "/" + Self.formatFile }
  var lock: String { directory + "/LOCK" }
  var logs: String { directory + "/log" }
  var blocks: String { directory + "/blocks" }
  /// Where repair puts what it changes or takes away.
  var damaged: String { directory + "/damaged" }

  func log(_ generation: UInt64) -> String { "\(logs)/\(Self.padded(generation)).log" }
  func block(_ number: UInt64) -> String { "\(blocks)/\(Self.padded(number))" }
  func unfinishedBlock(_ number: UInt64) -> String { "\(blocks)/tmp-\(Self.padded(number))" }

  /// The generation in a log's name, nil for other names.
  static func generation(ofLog name: String) -> UInt64? {
    guard name.utf8.count == 12, name.hasSuffix(".log") else { return nil }
    return number(name.dropLast(4))
  }

  /// The number in a block's name, nil for other names.
  static func number(ofBlock name: String) -> UInt64? { number(name[...]) }

  static func isUnfinishedBlock(_ name: String) -> Bool { name.hasPrefix("tmp-") }

  /// Eight digits, so that names sort as numbers do.
  static func padded(_ number: UInt64) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, 8 - text.utf8.count)) + text
  }

  /// The directory that holds a path.
  static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  private static func number(_ text: Substring) -> UInt64? {
    guard text.utf8.count == 8, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
      return nil
    }
    return UInt64(text)
  }
}
