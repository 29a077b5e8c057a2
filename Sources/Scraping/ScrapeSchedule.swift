package import MetricModel

/// When which target is scraped: each at its own offset into the interval, the same in each run.
///
///     var schedule = ScrapeSchedule()
///     schedule.update(targets, at: now)
///     for due in schedule.takeDue(at: now) { … }        // scrape, or say that a target is gone
///     sleep(until: schedule.nextWake)
///
/// A pure machine: time comes in, what is to be done goes out. A target whose scrape is under way
/// isn't due again before `finish`, so slow targets miss beats instead of piling up.
package struct ScrapeSchedule: Sendable {
  /// What is to be done.
  package enum Due: Equatable, Sendable {
    /// Scrape; samples without times of their own get this one.
    case scrape(ScrapeTarget, at: Timestamp)
    /// The target has gone for good: mark its series stale at this time.
    case markStale(ScrapeTarget.Identity, at: Timestamp)
  }

  private struct Entry {
    var target: ScrapeTarget
    var next: Timestamp
    var isUnderWay = false
    var hasBeenScraped = false
  }

  private struct Departure {
    var staleAt: Timestamp
    var due: Timestamp
  }

  private var entries: [ScrapeTarget.Identity: Entry] = [:]
  private var departures: [ScrapeTarget.Identity: Departure] = [:]

  package init() {}

  package var targets: [ScrapeTarget] {
    entries.values.map(\.target).sorted { ($0.labels, $0.url) < ($1.labels, $1.url) }
  }

  /// Takes what there is to scrape from now on. Targets that stay keep their beat; targets that go
  /// are marked stale only after two intervals and a tenth, since they may come back, as in
  /// Prometheus.
  package mutating func update(_ targets: [ScrapeTarget], at now: Timestamp) {
    var next: [ScrapeTarget.Identity: Entry] = [:]
    for target in targets {
      departures[target.identity] = nil
      if var entry = entries.removeValue(forKey: target.identity),
        entry.target.interval == target.interval
      {
        entry.target = target
        next[target.identity] = entry
      } else {
        next[target.identity] = Entry(target: target, next: Self.firstBeat(target, after: now))
      }
    }
    for (identity, entry) in entries where next[identity] == nil && entry.hasBeenScraped {
      let interval = entry.target.interval.count
      departures[identity] = Departure(
        staleAt: entry.next,
        due: entry.next.advanced(by: Milliseconds(interval &+ interval / 10)))
    }
    entries = next
  }

  /// Times ≡ spread modulo the interval, so that a restart doesn't shift a target's beat.
  private static func firstBeat(_ target: ScrapeTarget, after now: Timestamp) -> Timestamp {
    let interval = max(target.interval.count, 1)
    let offset = Int64(truncatingIfNeeded: target.spread % UInt64(interval))
    let phase = (now.milliseconds - offset) % interval
    let wait = phase > 0 ? interval - phase : -phase
    return now.advanced(by: Milliseconds(wait))
  }

  /// What is due, in the order of its times.
  package mutating func takeDue(at now: Timestamp) -> [Due] {
    var due: [(time: Timestamp, identity: ScrapeTarget.Identity, what: Due)] = []
    for (identity, entry) in entries where entry.next <= now {
      var entry = entry
      let interval = max(entry.target.interval.count, 1)
      // Beats that were slept through are missed, not made up for.
      let missed = (now.milliseconds - entry.next.milliseconds) / interval
      let beat = entry.next.advanced(by: Milliseconds(missed * interval))
      entry.next = beat.advanced(by: Milliseconds(interval))
      if !entry.isUnderWay {
        let time = Self.aligned(now, with: beat, interval: interval)
        due.append((beat, identity, .scrape(entry.target, at: time)))
        entry.isUnderWay = true
        entry.hasBeenScraped = true
      }
      entries[identity] = entry
    }
    for (identity, departure) in departures where departure.due <= now {
      due.append((departure.due, identity, .markStale(identity, at: departure.staleAt)))
      departures[identity] = nil
    }
    return due.sorted {
      ($0.time, $0.identity.labels, $0.identity.url) < (
        $1.time, $1.identity.labels, $1.identity.url
      )
    }.map(\.what)
  }

  /// A scrape that begins within 2 ms of its beat, or a hundredth of a short interval, has the
  /// beat's time: series of one interval compress far better then.
  private static func aligned(
    _ now: Timestamp, with beat: Timestamp, interval: Int64
  ) -> Timestamp {
    let late = now.milliseconds - beat.milliseconds
    return late <= min(2, interval / 100) ? beat : now
  }

  /// The scrape of a target has ended.
  package mutating func finish(_ identity: ScrapeTarget.Identity) {
    entries[identity]?.isUnderWay = false
  }

  /// When something is due next; nil when nothing ever is.
  package var nextWake: Timestamp? {
    (entries.values.map(\.next) + departures.values.map(\.due)).min()
  }
}
