import Foundation
import MetricModel
import Testing
import TimeSeriesStore

/// The promise of the format: what a released version wrote is read by every later one.
///
/// `Released/format-N` are directories as the first version of format N wrote them, from the seeded
/// operations below; each has blocks, merged and not, and a log.
@Suite struct ReleasedFormatTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Released")

  /// The operations that every released directory has seen.
  private static var history: (operations: [StoreOperation], reference: ReferenceStore) {
    let all = operations(seed: 2026, count: 88)
    var reference = ReferenceStore(lateWindow: StoreOptions().lateWindow)
    for case .append(let batch) in all { _ = reference.append(batch) }
    return (all, reference)
  }

  @Test(arguments: ["format-1", "format-2", "format-3"])
  func `a directory of a released format reads and grows`(name: String) throws {
    let copy = FileManager.default.temporaryDirectory.appending(
      path: "assay-\(UUID().uuidString)")
    try FileManager.default.copyItem(at: Self.folder.appending(path: name), to: copy)
    defer { try? FileManager.default.removeItem(at: copy) }
    let expected = Self.history.reference.contents
    for access in [StoreOptions.Access.readOnly, .existing, .existing] {
      var options = tinyOptions()
      options.access = access
      let store = try Store.open(copy.path, options: options)
      var found = try contents(of: store.snapshot())
      found["after"] = nil
      #expect(found == expected)
      if access == .existing { _ = try store.append(batch([("after", 1, 1)])) }
      store.close()
    }
  }

  @Test(.enabled(if: ProcessInfo.processInfo.environment["ASSAY_WRITE_RELEASED"] != nil))
  func `the directory of a new format is written once`() throws {
    let name = try #require(ProcessInfo.processInfo.environment["ASSAY_WRITE_RELEASED"])
    let place = Self.folder.appending(path: name)
    #expect(!FileManager.default.fileExists(atPath: place.path))
    var options = tinyOptions()
    // Some blocks are compressed, the newest aren't.
    options.compaction.coldAfter = Milliseconds(1)
    var store: Store?
    for operation in Self.history.operations {
      if store == nil { store = try Store.open(place.path, options: options) }
      try perform(operation, on: &store)
    }
    _ = store?.close()
    try? FileManager.default.removeItem(at: place.appending(path: "LOCK"))
  }
}
