extension Store {
  /// Mends what `verify` finds, and only what is proven wrong by a checksum or a missing file.
  /// What is changed or removed is first copied into the store's folder "damaged".
  ///
  /// - Throws: `.inUse` while the store is open.
  package static func repair(
    _ directory: String, on files: any Files = PosixFiles(),
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws(StoreError) -> RepairReport {
    var repair = StoreRepair(layout: StoreLayout(directory: directory), files: files)
    return try repair.run(progress)
  }
}

struct StoreRepair {
  let layout: StoreLayout
  let files: any Files
  private var mended: [StoreFinding] = []
  private var copies: [String] = []

  /// Mending one thing can bring another to light, in a file that couldn't be read before.
  private static let roundsMax = 16

  init(layout: StoreLayout, files: any Files) {
    self.layout = layout
    self.files = files
  }

  mutating func run(
    _ progress: (_ done: Int, _ total: Int) -> Void
  ) throws(StoreError) -> RepairReport {
    let verifier = StoreVerifier(layout: layout, files: files)
    // Looks first, so that no lock file is made where there is no store.
    var report = try verifier.report(progress: progress)
    let lock: any FileLock
    do throws(FileError) { lock = try files.lock(layout.lock, .exclusive) } catch {
      throw error.kind == .locked ? .inUse(directory: layout.directory) : StoreError(error)
    }
    defer { lock.release() }
    for _ in 0..<Self.roundsMax {
      report = try verifier.report(progress: progress)
      let work = report.findings.filter { $0.remedy != .none }
      if work.isEmpty { break }
      var rewritten: Set<String> = []
      for finding in work where !rewritten.contains(owner(of: finding)) {
        do throws(FileError) { try mend(finding) } catch { throw StoreError(error) }
        mended.append(finding)
        // Offsets of other findings are those of the file before.
        if finding.remedy != .remove { rewritten.insert(owner(of: finding)) }
      }
    }
    return RepairReport(mended: mended, copies: copies, after: report)
  }

  /// The block or log that a finding is about.
  private func owner(of finding: StoreFinding) -> String {
    let folder = StoreLayout.parent(of: finding.file)
    return folder == layout.logs || folder == layout.blocks ? finding.file : folder
  }

  private mutating func mend(_ finding: StoreFinding) throws(FileError) {
    switch finding.remedy {
    case .none: break
    case .remove:
      if finding.file.hasSuffix(".log") {
        try files.remove(finding.file)
      } else {
        try BlockWriter.removeDirectory(finding.file, files)
      }
    case .turnBit(let offset, let bit):
      try rewrite(finding.file) { $0[offset] ^= 1 << UInt8(bit) }
    case .cut(let size):
      try rewrite(finding.file) { $0.removeSubrange(size...) }
    case .replaceLog: try replaceLog(finding.file)
    case .salvage: try salvage(owner(of: finding))
    case .moveAside: try moveAside(owner(of: finding))
    case .forgetDeletions:
      try copyAside(finding.file)
      try files.remove(finding.file)
      try files.syncDirectory(owner(of: finding))
    }
  }

  /// Changes the bytes of a file in one step.
  private mutating func rewrite(
    _ path: String, _ change: (inout [UInt8]) -> Void
  ) throws(FileError) {
    var bytes = try files.read(path).bytes
    try copyAside(path)
    change(&bytes)
    try put(bytes, at: path)
  }

  private func put(_ bytes: [UInt8], at path: String) throws(FileError) {
    let file = try files.append(to: path + ".tmp")
    defer { file.close() }
    try file.truncate(to: 0)
    try file.append(bytes)
    try file.sync()
    try files.rename(path + ".tmp", to: path)
    try files.syncDirectory(StoreLayout.parent(of: path))
  }

  private mutating func replaceLog(_ path: String) throws(FileError) {
    let name = path.split(separator: "/").last.map(String.init) ?? ""
    guard let generation = StoreLayout.generation(ofLog: name) else { return }
    if try files.list(layout.logs).contains(name) { try copyAside(path) }
    try put(LogHeader.encode(generation: generation), at: path)
  }

  /// Writes the readable part of a block as a new one, and moves the old one away.
  private mutating func salvage(_ directory: String) throws(FileError) {
    guard let number = number(of: directory) else { return }
    do throws(StoreError) {
      let block = try Block(number, at: directory, files, isRescue: true)
      _ = try BlockWriter.write(
        StoreSnapshot(blocks: [block], heads: []), as: try nextNumber(),
        coveredGeneration: block.summary.coveredGeneration,
        replacing: [number] + block.summary.replaces, isCold: block.isCold, layout, files)
    } catch {
      if case .failed(let cause) = error { throw cause }
      // Nothing of it can be read after all.
    }
    try moveAside(directory)
  }

  /// Moves a block away. What it said of the logs that it covers, the logs that are left say: the
  /// oldest is the first that no block covers.
  private mutating func moveAside(_ directory: String) throws(FileError) {
    guard let number = number(of: directory) else { return }
    let logs = try files.list(layout.logs).compactMap(StoreLayout.generation(ofLog:))
    let others = try files.list(layout.blocks).compactMap(StoreLayout.number(ofBlock:))
      .filter { $0 != number }.compactMap { try? Block($0, at: layout.block($0), files) }
    let covered = others.map(\.summary.coveredGeneration).max() ?? 0
    if let oldest = logs.first, oldest > covered + 1 {
      do throws(StoreError) {
        _ = try BlockWriter.write(
          StoreSnapshot(blocks: [], heads: []), as: try nextNumber(),
          coveredGeneration: oldest - 1, layout, files)
      } catch {
        if case .failed(let cause) = error { throw cause }
        throw FileError(.other, "write a block for", directory, error.description)
      }
    }
    let target = try place(for: "block-" + StoreLayout.padded(number))
    try files.rename(directory, to: target)
    copies.append(target)
    try files.syncDirectory(layout.blocks)
    try files.syncDirectory(layout.damaged)
  }

  private func number(of directory: String) -> UInt64? {
    directory.split(separator: "/").last.flatMap { StoreLayout.number(ofBlock: String($0)) }
  }

  private func nextNumber() throws(StoreError) -> UInt64 {
    do throws(FileError) {
      let numbers = try files.list(layout.blocks).compactMap(StoreLayout.number(ofBlock:))
      return (numbers.max() ?? 0) + 1
    } catch { throw StoreError(error) }
  }

  private mutating func copyAside(_ path: String) throws(FileError) {
    let parts = path.split(separator: "/").suffix(2)
    let name = parts.first == "log" ? String(parts.last ?? "") : parts.joined(separator: "-")
    let target = try place(for: name)
    let copy = try files.append(to: target)
    defer { copy.close() }
    try copy.append(try files.read(path).bytes)
    try copy.sync()
    try files.syncDirectory(layout.damaged)
    copies.append(target)
  }

  /// A path in the folder for damaged files that isn't taken.
  private func place(for name: String) throws(FileError) -> String {
    try files.makeDirectory(layout.damaged)
    try files.syncDirectory(layout.directory)
    let taken = Set(try files.list(layout.damaged))
    var candidate = name
    var count = 1
    while taken.contains(candidate) {
      count += 1
      candidate = "\(name).\(count)"
    }
    return layout.damaged + "/" + candidate
  }
}
