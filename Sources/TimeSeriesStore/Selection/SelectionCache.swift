internal import MetricModel
internal import Synchronization

/// What matchers selected before. Rules, dashboards and analyses ask the same again and again, at
/// other times; which series they mean changes only when series come or layers do.
///
/// Holds a bounded number of bytes: what was used longest ago goes first.
final class SelectionCache: Sendable {
  struct Key: Hashable {
    var matchers: [LabelMatcher]
    /// The indexes of the layers that were asked.
    var layers: [Int]
    /// Which list of layers it was; a later one has a higher number.
    var layersVersion: UInt64
    /// How many series the active head had, when it was asked.
    var activeSeries: Int?
  }

  fileprivate struct Entry {
    var series: SelectedSeries
    var sizeBytes: Int
    var lastUse: UInt64
  }

  fileprivate struct Contents {
    var entries: [Key: Entry] = [:]
    var sizeBytes = 0
    /// Counts the uses.
    var clock: UInt64 = 0
    var layersVersion: UInt64 = 0
    var activeSeries = 0
  }

  private static let entriesMax = 256
  private let sizeBytesMax: Int
  private let contents = Mutex(Contents())

  init(sizeBytesMax: Int = 64 << 20) {
    self.sizeBytesMax = sizeBytesMax
  }

  /// Bytes held.
  var sizeBytes: Int { contents.withLock { $0.sizeBytes } }

  /// What is known of a selection, else what `select` answers, which is kept.
  func series(
    _ key: Key, _ select: () throws(StoreError) -> SelectedSeries
  ) throws(StoreError) -> SelectedSeries {
    if let known = contents.withLock({ $0.find(key) }) { return known }
    let fresh = try select()
    let sizeBytes = fresh.sizeBytes
    // One selection of nearly everything isn't worth all the others.
    if sizeBytes <= sizeBytesMax / 2 {
      contents.withLock { contents in
        contents.keep(fresh, sizeBytes: sizeBytes, as: key)
        contents.shrink(toBytes: sizeBytesMax, entries: Self.entriesMax)
      }
    }
    return fresh
  }
}

extension SelectionCache.Contents {
  fileprivate mutating func find(_ key: SelectionCache.Key) -> SelectedSeries? {
    guard let place = entries.index(forKey: key) else { return nil }
    clock += 1
    entries.values[place].lastUse = clock
    return entries.values[place].series
  }

  fileprivate mutating func keep(
    _ series: SelectedSeries, sizeBytes: Int, as key: SelectionCache.Key
  ) {
    // A snapshot older than what is here has nothing for those to come.
    guard key.layersVersion >= layersVersion else { return }
    if key.layersVersion > layersVersion { activeSeries = 0 }
    layersVersion = key.layersVersion
    activeSeries = max(activeSeries, key.activeSeries ?? 0)
    removeOutdated()
    clock += 1
    if let before = entries.updateValue(
      SelectionCache.Entry(series: series, sizeBytes: sizeBytes, lastUse: clock), forKey: key)
    {
      self.sizeBytes -= before.sizeBytes
    }
    self.sizeBytes += sizeBytes
  }

  /// Removes what no snapshot to come can use.
  private mutating func removeOutdated() {
    for (key, entry) in entries
    where key.layersVersion < layersVersion || (key.activeSeries ?? activeSeries) < activeSeries {
      entries[key] = nil
      sizeBytes -= entry.sizeBytes
    }
  }

  fileprivate mutating func shrink(toBytes bytesMax: Int, entries entriesMax: Int) {
    while sizeBytes > bytesMax || entries.count > entriesMax {
      guard let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) else { return }
      entries[oldest.key] = nil
      sizeBytes -= oldest.value.sizeBytes
    }
  }
}
