import MetricModel
import Scraping
import Testing

@Suite struct ScrapeScheduleTests {
  private func target(_ name: String, interval: Int64 = 10) -> ScrapeTarget {
    ScrapeTarget(
      labels: Labels([("instance", name)]), url: "http://\(name)/metrics",
      interval: .seconds(interval), timeout: .seconds(5), job: 0, discovered: .empty)
  }

  private func time(_ seconds: Double) -> Timestamp {
    Timestamp(milliseconds: Int64(seconds * 1000))
  }

  @Test func `each target keeps its beat, whenever the schedule begins`() throws {
    for start in [0.0, 3.2, 1_700_000_007] {
      var schedule = ScrapeSchedule()
      let targets = (0..<20).map { target("t\($0)") }
      schedule.update(targets, at: time(start))
      var beats: [String: [Int64]] = [:]
      for step in 0..<4000 {
        let now = time(start).advanced(by: Milliseconds(Int64(step) * 10))
        for case .scrape(let target, let at) in schedule.takeDue(at: now) {
          beats[target.url, default: []].append(at.milliseconds)
          schedule.finish(target.identity)
        }
      }
      #expect(beats.count == 20)
      for (url, times) in beats {
        #expect(times.count == 4, "\(url)")
        let phases = Set(times.map { $0 / 20 % 500 })
        #expect(phases.count <= 2, "\(url): \(times)")
      }
      let phases = Set(beats.values.compactMap(\.first).map { $0 % 10_000 / 1000 })
      #expect(phases.count > 5, "spread over the interval")
    }
  }

  @Test func `a target under way isn't due, and missed beats aren't made up for`() throws {
    var schedule = ScrapeSchedule()
    let target = target("slow")
    schedule.update([target], at: time(0))
    let first = try #require(schedule.nextWake)
    #expect(schedule.takeDue(at: first) == [.scrape(target, at: first)])
    #expect(schedule.takeDue(at: first.advanced(by: .seconds(10))) == [])
    schedule.finish(target.identity)
    // Late by more than two beats: one scrape, at the time it is.
    let late = first.advanced(by: Milliseconds(45_500))
    #expect(schedule.takeDue(at: late) == [.scrape(target, at: late)])
    #expect(schedule.nextWake == first.advanced(by: .seconds(50)))
  }

  @Test func `a scrape that is hardly late has the time of its beat`() throws {
    var schedule = ScrapeSchedule()
    let target = target("t")
    schedule.update([target], at: time(0))
    let beat = try #require(schedule.nextWake)
    let due = schedule.takeDue(at: beat.advanced(by: Milliseconds(2)))
    #expect(due == [.scrape(target, at: beat)])
  }

  @Test func `targets that leave are ended later, unless they come back`() throws {
    var schedule = ScrapeSchedule()
    let (gone, back, never) = (target("gone"), target("back"), target("never"))
    schedule.update([gone, back], at: time(0))
    for step in 0...10 {
      for case .scrape(let target, _) in schedule.takeDue(at: time(Double(step))) {
        schedule.finish(target.identity)
      }
    }
    schedule.update([gone, back, never], at: time(10))
    schedule.update([], at: time(10))
    schedule.update([back], at: time(12))
    var ends: [ScrapeSchedule.Due] = []
    for step in 12..<40 {
      for due in schedule.takeDue(at: time(Double(step))) {
        if case .scrape(let target, _) = due {
          #expect(target == back)
          schedule.finish(target.identity)
        } else {
          ends.append(due)
        }
      }
    }
    guard ends.count == 1, case .markStale(gone.identity, let at) = ends[0] else {
      Issue.record("\(ends)")
      return
    }
    #expect(at.milliseconds > 9000 && at.milliseconds <= 20_000)
    #expect(schedule.targets == [back])
  }

  @Test func `an empty schedule never wakes`() {
    #expect(ScrapeSchedule().nextWake == nil)
  }
}
