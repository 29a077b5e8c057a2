internal import MetricModel
internal import Synchronization

/// Who follows a store's logs, and how far each has come.
struct Following: Sendable {
  var places: [String: LogPlace] = [:]

  /// Before it nobody needs logs any more; nil where nobody follows.
  var oldest: LogPlace? { places.values.min() }
}

extension StoreLayout {
  /// Logs that are in blocks already and that a follower hasn't read, and the followers' places.
  var following: String { directory + "/following" }
  func followedLog(_ generation: UInt64) -> String {
    "\(following)/\(Self.padded(generation)).log"
  }
  func place(of follower: String) -> String { "\(following)/\(follower).place" }
}

extension Store {
  /// Lets those named follow what is appended, each from where it was, or from now on.
  ///
  /// Logs are kept until all have acknowledged them; whoever isn't named any more is forgotten.
  ///
  /// - Parameter names: of letters, digits and `-_`.
  package func follow(_ names: [String]) throws(StoreError) -> [LogFollower] {
    precondition(
      names.allSatisfy { name in
        !name.isEmpty
          && name.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x61...0x7a).contains($0 | 0x20) || $0 == 0x2d
              || $0 == 0x5f
          }
      }, "names of followers are names of files")
    let end = logEnd
    do throws(FileError) {
      if !names.isEmpty { try files.makeDirectory(layout.following) }
      var records: [String: FollowerRecord] = [:]
      for name in names { records[name] = try record(of: name, end) }
      for (name, record) in records { try write(record, of: name) }
      let places = records.mapValues(\.place)
      for entry in try followingEntries() where entry.hasSuffix(".place") {
        let name = String(entry.dropLast(".place".count))
        if places[name] == nil { try files.remove(layout.place(of: name)) }
      }
      following.withLock { $0.places = places }
      try dropFollowedLogs()
      let known = records
      return names.map { LogFollower($0, of: self, known[$0] ?? FollowerRecord(place: end)) }
    } catch { throw StoreError(error) }
  }

  /// The place behind everything that was acknowledged.
  package var logEnd: LogPlace { end.withLock { $0 } }

  /// A place behind what is there now is one of samples that a power loss took: others come under
  /// the same offsets, so the follower begins where the log ends.
  private func record(of name: String, _ end: LogPlace) throws(FileError) -> FollowerRecord {
    guard try followingEntries().contains("\(name).place") else {
      return FollowerRecord(place: end)
    }
    let text = String(decoding: try files.read(layout.place(of: name)).bytes, as: UTF8.self)
    guard var record = FollowerRecord(text: text) else {
      // A power loss can leave the file without its text: what is there is sent again, not lost.
      let oldest = try oldestLog(from: 0) ?? end.generation
      return FollowerRecord(place: LogPlace(generation: oldest, offset: 0))
    }
    guard record.place <= end || record.place.offset == 0 else {
      return FollowerRecord(place: end)
    }
    if let bytes = try log(record.place.generation) {
      record.place.offset = min(record.place.offset, bytes.count)
    }
    return record
  }

  private func followingEntries() throws(FileError) -> [String] {
    do throws(FileError) { return try files.list(layout.following) } catch {
      guard error.kind == .missing else { throw error }
      return []
    }
  }

  /// A log, whether its samples are in a block by now or not; nil when it is gone.
  func log(_ generation: UInt64) throws(FileError) -> MappedBytes? {
    for path in [layout.log(generation), layout.followedLog(generation)] {
      do throws(FileError) { return try files.read(path) } catch {
        guard error.kind == .missing else { throw error }
      }
    }
    return nil
  }

  /// The oldest log from a generation on that is still there.
  func oldestLog(from generation: UInt64) throws(FileError) -> UInt64? {
    let names = try files.list(layout.logs) + followingEntries()
    return names.compactMap(StoreLayout.generation(ofLog:)).filter { $0 >= generation }.min()
  }

  func announce(_ end: LogPlace, of name: String) throws(StoreError) {
    guard let place = following.withLock({ $0.places[name] }) else { return }
    do throws(FileError) {
      try write(FollowerRecord(place: place, announced: end), of: name)
    } catch { throw StoreError(error) }
  }

  func acknowledge(_ place: LogPlace, of name: String) throws(StoreError) {
    let hasLeftLog = following.withLock { following -> Bool? in
      // One that was forgotten meanwhile keeps nothing any more.
      guard following.places[name] != nil else { return nil }
      let before = following.oldest
      following.places[name] = place
      return before?.generation != following.oldest?.generation
    }
    guard let hasLeftLog else { return }
    do throws(FileError) {
      try write(FollowerRecord(place: place), of: name)
      if hasLeftLog { try dropFollowedLogs() }
    } catch { throw StoreError(error) }
  }

  /// In one step, without waiting for the disk: after a power loss some rows are sent twice.
  private func write(_ record: FollowerRecord, of name: String) throws(FileError) {
    let unfinished = layout.place(of: name) + ".tmp"
    let file = try files.append(to: unfinished)
    defer { file.close() }
    try file.truncate(to: 0)
    try file.append(Array(record.text.utf8))
    try files.rename(unfinished, to: layout.place(of: name))
  }

  /// Gives the logs that are about to be in a block a second name, for those who haven't read them.
  func keepLogsForFollowers(through generation: UInt64) throws(StoreError) {
    guard let oldest = following.withLock({ $0.oldest }) else { return }
    do throws(FileError) {
      let kept = try followingEntries()
      for name in try files.list(layout.logs) {
        guard let found = StoreLayout.generation(ofLog: name), found <= generation,
          found >= oldest.generation, !kept.contains(name)
        else { continue }
        try files.link(layout.log(found), to: layout.followedLog(found))
      }
      try files.syncDirectory(layout.following)
      try dropFollowedLogs()
    } catch { throw StoreError(error) }
  }

  /// Removes what all have read, and the oldest when those who lag make too much stay.
  private func dropFollowedLogs() throws(FileError) {
    let oldest = following.withLock { $0.oldest?.generation ?? .max }
    let kept = try followingEntries().compactMap(StoreLayout.generation(ofLog:))
    var sizeBytes = 0
    for generation in kept.reversed() {
      let path = layout.followedLog(generation)
      if generation >= oldest { sizeBytes += try files.read(path).count }
      if generation < oldest || sizeBytes > options.followedBytesMax { try files.remove(path) }
    }
  }
}
