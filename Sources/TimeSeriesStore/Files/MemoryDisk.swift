/// The state of a `MemoryFiles`: what programs see, and what is certain to survive a crash.
struct MemoryDisk: Sendable {
  var files: [Int: MemoryFile] = [:]
  var nextFile = 0
  /// The files by path, as programs see them.
  var names: [String: Int] = [:]
  /// Made and removed durably at once; moved like other names.
  var directories: Set<String> = ["."]
  /// The names that are on disk.
  private var syncedNames: [String: Int] = [:]
  /// Changes of names since the last sync, each in one step: paths with their new files.
  private var pendingNames: [NameStep] = []
  /// Holders by path; -1 for an exclusive one.
  var locks: [String: Int] = [:]
  var failure: MemoryFiles.Failure?
  var changes = 0
  var changesSincePlan = 0
  var observer: (@Sendable (MemoryFiles) -> Void)?

  /// Changes that reach the disk together or not at all.
  private struct NameStep: Sendable {
    var changes: [(path: String, file: Int?)]
    /// The directory that was moved, before and after.
    var move: (from: String, to: String)?

    /// Whether syncing `directory` makes the step durable.
    func isIn(_ directory: String) -> Bool {
      if let move { return MemoryDisk.parent(move.to) == directory }
      return changes.contains { MemoryDisk.parent($0.path) == directory }
    }
  }

  /// The contents of a file.
  func written(_ path: String) -> [UInt8]? { names[path].flatMap { files[$0]?.written } }

  var withoutObserver: MemoryDisk {
    var copy = self
    copy.observer = nil
    return copy
  }

  static func missing(_ operation: String, _ path: String) -> FileError {
    FileError(.missing, operation, path, "No such file or directory")
  }

  /// The directory that holds a path, "" for a path without one.
  static func parent(_ path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
  }

  /// Changes names in one step: to a file, or to nothing.
  mutating func rename(_ changes: [(path: String, file: Int?)]) {
    for (path, file) in changes { names[path] = file }
    pendingNames.append(NameStep(changes: changes))
  }

  /// Moves a file, or a directory with what it holds.
  mutating func move(_ path: String, to target: String) -> FileError? {
    if let number = names[path] {
      rename([(path, nil), (target, number)])
      return nil
    }
    guard directories.contains(path) else { return Self.missing("rename", path) }
    let prefix = path + "/"
    directories = Self.moved(directories, from: path, to: target)
    var step = NameStep(changes: [], move: (path, target))
    for (name, number) in names.filter({ $0.key.hasPrefix(prefix) }) {
      let newName = target + "/" + name.dropFirst(prefix.count)
      names[name] = nil
      names[newName] = number
      // A name that wasn't durable in the directory isn't made so by moving the directory.
      if syncedNames[name] != nil { step.changes += [(name, nil), (newName, number)] }
    }
    pendingNames.append(step)
    return nil
  }

  private static func moved(
    _ directories: Set<String>, from path: String, to target: String
  ) -> Set<String> {
    Set(
      directories.map { name in
        name == path || name.hasPrefix(path + "/") ? target + name.dropFirst(path.count) : name
      })
  }

  /// Makes the names in a directory durable.
  mutating func syncNames(in directory: String) {
    for step in pendingNames where step.isIn(directory) {
      for change in step.changes { syncedNames[change.path] = change.file }
    }
    pendingNames.removeAll { $0.isIn(directory) }
  }

  /// What a power loss may leave.
  func crashed(seed: UInt64) -> MemoryDisk {
    var random = MemoryRandom(state: seed)
    var result = MemoryDisk()
    result.directories = directories
    result.nextFile = nextFile
    result.syncedNames = syncedNames
    // A change is lost with chance 1/2, and then every later one of the same names.
    var lost: Set<String> = []
    for step in pendingNames {
      let isLost = random.next() % 2 == 0 || step.changes.contains { lost.contains($0.path) }
      if isLost {
        lost.formUnion(step.changes.map(\.path))
        if let move = step.move {
          result.directories = Self.moved(result.directories, from: move.to, to: move.from)
        }
      } else {
        for change in step.changes { result.syncedNames[change.path] = change.file }
      }
    }
    result.names = result.syncedNames
    // A directory can't go while it holds something.
    result.directories.formUnion(result.names.keys.map(Self.parent))
    for (number, file) in files.sorted(by: { $0.key < $1.key }) {
      result.files[number] = file.crashed(&random)
    }
    return result
  }
}

/// The bytes of one file.
struct MemoryFile: Sendable {
  var written: [UInt8] = []
  var synced: [UInt8] = []

  mutating func sync() { synced = written }

  /// Synced bytes stay; of the others a seeded choice of pieces is there, the rest reads as zeros,
  /// and the file may end anywhere between the synced and the written size.
  func crashed(_ random: inout MemoryRandom) -> MemoryFile {
    guard written != synced else { return self }
    let piece = 64
    let (short, long) = (min(written.count, synced.count), max(written.count, synced.count))
    let size = short + Int(random.next() % UInt64(long - short + 1))
    var bytes = [UInt8](repeating: 0, count: size)
    for start in stride(from: 0, to: size, by: piece) {
      let source = random.next() % 2 == 0 ? written : synced
      for index in start..<min(size, start + piece) {
        // Where both agree there is nothing to lose.
        if index < written.count && index < synced.count && written[index] == synced[index] {
          bytes[index] = written[index]
        } else if index < source.count {
          bytes[index] = source[index]
        }
      }
    }
    return MemoryFile(written: bytes, synced: bytes)
  }
}

/// SplitMix64: the same choices for the same seed.
struct MemoryRandom {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
