import Foundation
import MetricModel
import Testing
import TimeSeriesStore

/// The operating system's files, and the ways in which a directory can be the wrong one.
@Suite final class OpeningTests {
  private let root: String

  init() throws {
    let place = FileManager.default.temporaryDirectory.appending(
      path: "assay-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: false)
    root = place.path
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }

  @Test func `a store on a real disk comes back, sealed and not`() throws {
    let store = try Store.open(root + "/db", options: tinyOptions())
    var expected: [String: SampleColumns] = [:]
    var reference = ReferenceStore(lateWindow: StoreOptions().lateWindow)
    for operation in operations(seed: 8, count: 60) {
      if case .append(let batch) = operation {
        _ = try store.append(batch)
        _ = reference.append(batch)
      }
      if case .maintain(let now) = operation { try store.maintain(now: now) }
    }
    expected = reference.contents
    let view = store.snapshot()
    #expect(try contents(of: view) == expected)
    try store.writeSnapshot(into: root + "/db/snapshots/one")
    store.close()
    #expect(try contents(of: view) == expected, "a snapshot outlives its store")
    for path in ["/db", "/db/snapshots/one"] {
      var options = StoreOptions()
      options.access = .readOnly
      let again = try Store.open(root + path, options: options)
      #expect(try contents(of: again.snapshot()) == expected)
      again.close()
    }
  }

  @Test func `a second opening is refused`() throws {
    let store = try Store.open(root + "/db")
    let error = #expect(throws: StoreError.self) { try Store.open(root + "/db") }
    #expect(
      error?.description == """
        the store at "\(root)/db" is in use by another process; stop it, or ask its HTTP API
        """)
    store.close()
    let next = try Store.open(root + "/db")
    next.close()
  }

  @Test func `a missing directory is named`() throws {
    var options = StoreOptions()
    options.access = .existing
    let error = #expect(throws: StoreError.self) {
      try Store.open(root + "/nowhere", options: options)
    }
    #expect(error == .missing(directory: root + "/nowhere"))
    #expect(error?.description.contains("create it, or check the path") == true)
    #expect(!FileManager.default.fileExists(atPath: root + "/nowhere"))
    let deep = #expect(throws: StoreError.self) { try Store.open(root + "/no/where") }
    #expect(deep?.description.contains("create directory \"\(root)/no/where\"") == true)
  }

  @Test func `a directory of other things is left alone`() throws {
    try Data("x".utf8).write(to: URL(filePath: root + "/thesis.tex"))
    let error = #expect(throws: StoreError.self) { try Store.open(root) }
    #expect(error == .foreign(directory: root, found: "thesis.tex"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: root) == ["thesis.tex"])
  }

  @Test func `a store of a later format is left alone`() throws {
    let store = try Store.open(root + "/db")
    store.close()
    try Data("assay store, format 9\n".utf8).write(to: URL(filePath: root + "/db/ASSAY-STORE"))
    let error = #expect(throws: StoreError.self) { try Store.open(root + "/db") }
    #expect(
      error?.description.contains("unknown store format \"assay store, format 9\"") == true)
  }

  @Test func `a closed or read-only store takes no samples`() throws {
    let store = try Store.open(root + "/db")
    store.close()
    #expect(throws: StoreError.notWritable(directory: root + "/db")) {
      try store.append(batch([("up", 1, 1)]))
    }
    var options = StoreOptions()
    options.access = .readOnly
    let reader = try Store.open(root + "/db", options: options)
    let other = try Store.open(root + "/db", options: options)
    #expect(throws: StoreError.self) { try reader.append(batch([("up", 1, 1)])) }
    #expect(throws: StoreError.self) { try reader.seal() }
    other.close()
    reader.close()
  }

  @Test func `appends from many threads are all kept, while others read`() async throws {
    let store = try Store.open(root + "/db", options: tinyOptions())
    let writers = 6
    let batches = 40
    try await withThrowingTaskGroup(of: Void.self) { group in
      for writer in 0..<writers {
        group.addTask {
          for number in 0..<batches {
            let time = Int64(number) * 1000
            let outcome = try store.append(
              batch([("own_\(writer)", time, Double(number)), ("shared", time, 1)]))
            // Whoever comes first with the shared sample stores it; to the others it's known.
            #expect(outcome.accepted + outcome.duplicates == 2)
          }
        }
      }
      group.addTask {
        for round in 0..<20 as Range<Int64> {
          try store.maintain(now: Timestamp(milliseconds: round))
          for (_, columns) in try contents(of: store.snapshot()) {
            #expect(columns.timestamps == columns.timestamps.sorted())
          }
        }
      }
      try await group.waitForAll()
    }
    store.close()
    let found = try contents(of: Store.open(root + "/db").snapshot())
    let times = (0..<batches).map { Int64($0) * 1000 }
    #expect(found.count == writers + 1)
    #expect(found.values.allSatisfy { $0.timestamps == times })
  }
}
