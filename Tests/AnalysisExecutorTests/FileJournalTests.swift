import AnalysisExecutor
import Foundation
import Testing

@Suite struct FileJournalTests {
  private let folder = FileManager.default.temporaryDirectory
    .appending(path: "journal-\(UUID().uuidString)")

  private func with(_ body: (FileJournal) throws -> Void) throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(try FileJournal(directory: folder.path))
  }

  private func bytes(_ name: String) throws -> Data {
    try Data(contentsOf: folder.appending(path: name))
  }

  @Test func `what was written is given back, but for a torn line`() throws {
    try with { journal in
      try journal.commit([
        .replace(["{\"origin\":1}"], of: "shop/a b"), .append(["x", "y"], to: "shop/a b"),
        .replace(["z"], of: "c"),
      ])
      #expect(try journal.names() == ["c", "shop/a b"])
      #expect(try journal.lines(of: "shop/a b") == ["{\"origin\":1}", "x", "y"])
      try journal.commit([.replace(["w"], of: "c"), .append(["v", ""], to: "c")])
      #expect(try journal.lines(of: "c") == ["w", "v", ""])
      try journal.commit([.remove("c")])
      #expect(try journal.names() == ["shop/a b"])
      #expect(throws: JournalError.self) { try journal.lines(of: "c") }
      // A file that another process was writing when it ended.
      try FileManager.default.removeItem(at: folder.appending(path: "commit.log"))
      let file = folder.appending(path: "shop%2Fa%20b.jsonl")
      try bytes("shop%2Fa%20b.jsonl").dropLast(2).write(to: file)
      let next = try FileJournal(directory: folder.path)
      #expect(try next.lines(of: "shop/a b") == ["{\"origin\":1}", "x"])
      try next.commit([.append(["new"], to: "shop/a b")])
      #expect(try next.lines(of: "shop/a b") == ["{\"origin\":1}", "x", "new"])
    }
  }

  @Test func `what was acknowledged is there again after the loss of all that wasn't forced`()
    throws
  {
    try with { journal in
      try journal.commit([.replace(["o"], of: "a"), .replace(["o"], of: "b")])
      try journal.commit([.append(["1", "2"], to: "a"), .remove("b"), .replace(["p"], of: "c")])
      try journal.commit([.append(["3"], to: "a")])
      let log = try bytes("commit.log")
      // Only the log is forced to the disk; whatever became of the others, it makes them whole.
      for kept in 0..<8 {
        try FileManager.default.removeItem(at: folder)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try log.write(to: folder.appending(path: "commit.log"))
        try Data("o\n1\n2\n3\n".utf8.prefix(kept)).write(to: folder.appending(path: "a.jsonl"))
        let next = try FileJournal(directory: folder.path)
        #expect(try next.names() == ["a", "c"], "\(kept)")
        #expect(try next.lines(of: "a") == ["o", "1", "2", "3"], "\(kept)")
        #expect(try bytes("commit.log").isEmpty)
      }
    }
  }

  @Test func `a log cut at any byte gives whole changes and no others`() throws {
    try with { journal in
      try journal.commit([.replace(["o"], of: "a")])
      let first = try bytes("commit.log").count
      try journal.commit([.append(["one", "two"], to: "a")])
      let log = try bytes("commit.log")
      for length in stride(from: log.count, through: 0, by: -5) {
        try FileManager.default.removeItem(at: folder)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        // What the system had of the end may be anything.
        let rest = Data(repeating: 0, count: log.count - length)
        try (log.prefix(length) + rest).write(to: folder.appending(path: "commit.log"))
        let next = try FileJournal(directory: folder.path)
        let expected = length < first ? [] : length < log.count ? ["o"] : ["o", "one", "two"]
        #expect(try next.names() == (length < first ? [] : ["a"]), "\(length)")
        if length >= first { #expect(try next.lines(of: "a") == expected, "\(length)") }
      }
    }
  }

  @Test func `the log begins anew when it has grown`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let journal = try FileJournal(directory: folder.path, logSizeBytesMax: 1_000)
    try journal.commit([.replace(["o"], of: "a")])
    for number in 0..<60 {
      try journal.commit([.append(["line \(number)"], to: "a")])
      #expect(try bytes("commit.log").count <= 1_100)
    }
    #expect(try journal.lines(of: "a").count == 61)
    let next = try FileJournal(directory: folder.path)
    #expect(try next.lines(of: "a").last == "line 59")
  }
}
