internal import MetricModel

extension Store {
  /// Reads every byte of a store, compares it with its checksums and the store's own rules, and
  /// says what repair would do. Changes nothing.
  ///
  /// - Throws: `.missing` or `.foreign` when there is no store, `.inUse` while one writes to it.
  package static func verify(
    _ directory: String, on files: any Files = PosixFiles(),
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws(StoreError) -> VerificationReport {
    let layout = StoreLayout(directory: directory)
    let lock: (any FileLock)?
    do throws(FileError) { lock = try files.lock(layout.lock, .shared) } catch {
      guard error.kind != .locked else { throw .inUse(directory: directory) }
      lock = nil
    }
    defer { lock?.release() }
    return try StoreVerifier(layout: layout, files: files).report(progress: progress)
  }
}

/// Looks at a directory without opening it as a store.
struct StoreVerifier {
  let layout: StoreLayout
  let files: any Files

  /// - Parameter progress: told after each block and log how many were read, and of how many.
  func report(
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws(StoreError) -> VerificationReport {
    var report = VerificationReport()
    do throws(FileError) {
      let format = try files.read(layout.format)
      report.files += 1
      report.sizeBytes += format.count
      let text = String(decoding: format.bytes, as: UTF8.self).prefix { $0 != "\n" }
      if text != StoreLayout.format && !StoreLayout.olderFormats.contains(String(text)) {
        report.findings.append(
          StoreFinding(
            kind: .damage, file: layout.format,
            finding: "unknown format \"\(text.prefix(80))\"", remedy: .none))
        return report
      }
    } catch {
      guard error.kind == .missing else { throw StoreError(error) }
      if (try? files.list(layout.directory)) == nil { throw .missing(directory: layout.directory) }
      throw .foreign(directory: layout.directory, found: "no \(StoreLayout.formatFile)")
    }
    let blocks = try list(layout.blocks)
    let logs = try list(layout.logs).compactMap(StoreLayout.generation(ofLog:))
    let total = blocks.count + logs.count
    var done = 0
    func advance() {
      done += 1
      progress(min(done, total), total)
    }
    let covered = checkBlocks(blocks, &report, advance)
    try checkLogs(logs, covered: covered, &report, advance)
    return report
  }

  /// Checks all blocks; answers the newest head that they cover, nil when a block that would say
  /// so can't be read.
  private func checkBlocks(
    _ names: [String], _ report: inout VerificationReport, _ advance: () -> Void
  ) -> UInt64? {
    for name in names where StoreLayout.isUnfinishedBlock(name) {
      report.findings.append(leftover(layout.blocks + "/" + name, "a block that wasn't finished"))
    }
    var replaced: [UInt64: UInt64] = [:]
    var covered: UInt64 = 0
    var isKnown = true
    for number in names.compactMap(StoreLayout.number(ofBlock:)).reversed() {
      if let by = replaced[number] {
        report.findings.append(
          leftover(layout.block(number), "block \(StoreLayout.padded(by)) has its samples"))
        continue
      }
      var check = BlockVerifier(number: number, directory: layout.block(number), files: files)
      let summary = check.run()
      advance()
      report.findings += check.findings
      report.files += check.fileCount
      report.sizeBytes += check.sizeBytes
      guard let summary else {
        isKnown = false
        continue
      }
      report.blocks += 1
      report.samples += check.samples
      covered = max(covered, summary.coveredGeneration)
      for other in summary.replaces { replaced[other] = number }
    }
    return isKnown ? covered : nil
  }

  private func checkLogs(
    _ generations: [UInt64], covered: UInt64?, _ report: inout VerificationReport,
    _ advance: () -> Void
  ) throws(StoreError) {
    var generations = generations
    if let covered {
      for old in generations where old <= covered {
        report.findings.append(leftover(layout.log(old), "a block has its samples"))
      }
      generations.removeAll { $0 <= covered }
    }
    guard let newest = generations.last, let oldest = generations.first else { return }
    for generation in ((covered.map { $0 + 1 }) ?? oldest)...newest {
      let path = layout.log(generation)
      guard generations.contains(generation) else {
        report.findings.append(
          StoreFinding(
            kind: .damage, file: path, finding: "the file is missing, a later log exists",
            remedy: .replaceLog))
        continue
      }
      try checkLog(path, generation, isLast: generation == newest, &report)
      advance()
    }
  }

  private func checkLog(
    _ path: String, _ generation: UInt64, isLast: Bool, _ report: inout VerificationReport
  ) throws(StoreError) {
    let bytes = try read(path, &report)
    report.logs += 1
    var samples = 0
    do throws(StoreError) {
      let stop = try LogReader.scan(bytes, of: path, generation: generation) { entry in
        samples += entry.rows.count + entry.histograms.count
      }
      report.samples += samples
      guard let stop else { return }
      let remedy: Remedy
      if let flipped = stop.fault.flipped {
        remedy = .turnBit(offset: flipped.offset, bit: flipped.bit)
      } else {
        remedy =
          stop.offset == 0 && !(isLast && stop.isTornEnd)
          ? .replaceLog : .cut(size: stop.offset)
      }
      report.findings.append(
        StoreFinding(
          kind: isLast && stop.isTornEnd ? .tornEnd : .damage, file: path, offset: stop.offset,
          finding: stop.finding(isLast: isLast), remedy: remedy))
    } catch {
      // A frame passes its check, and yet its contents make no sense.
      guard case .damaged(_, let offset, let finding) = error else { throw error }
      report.findings.append(
        StoreFinding(
          kind: .damage, file: path, offset: offset, finding: finding, remedy: .none))
    }
  }

  private func leftover(_ path: String, _ finding: String) -> StoreFinding {
    StoreFinding(kind: .leftover, file: path, finding: finding, remedy: .remove)
  }

  private func read(
    _ path: String, _ report: inout VerificationReport
  ) throws(StoreError) -> MappedBytes {
    do throws(FileError) {
      let bytes = try files.read(path)
      report.files += 1
      report.sizeBytes += bytes.count
      return bytes
    } catch { throw StoreError(error) }
  }

  private func list(_ directory: String) throws(StoreError) -> [String] {
    do throws(FileError) { return try files.list(directory) } catch { throw StoreError(error) }
  }
}
