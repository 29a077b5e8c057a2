internal import MetricModel
internal import Statistics

/// What the pods of one arm read, stratum by stratum, as judges take it.
struct ArmReadings<Reading: Sendable & Hashable> {
  private(set) var strata: [Int: [Scrape<Reading>.Pod]] = [:]
  /// In the order of their numbers.
  let pods: [Labels]

  /// Pods of the canary have even numbers and those of stable odd ones, ascending.
  init(_ readings: [Labels: [Int: Reading]], isCanary: Bool) {
    pods = readings.keys.sorted()
    for (index, pod) in pods.enumerated() {
      for (stratum, reading) in readings[pod] ?? [:] {
        strata[stratum, default: []].append(
          .init(id: 2 * index + (isCanary ? 0 : 1), reading: reading))
      }
    }
  }

  /// The sums of each pod, and of all.
  func totals<Sum>(_ sum: ([Reading]) -> Sum) -> (pods: [Sum], arm: Sum) {
    var byPod = [[Reading]](repeating: [], count: pods.count)
    for stratum in strata.keys.sorted() {
      for pod in strata[stratum] ?? [] { byPod[pod.id / 2].append(pod.reading) }
    }
    return (byPod.map(sum), sum(byPod.flatMap { $0 }))
  }
}

/// What counters grew by, pod by pod and stratum by stratum.
struct PodAmounts {
  private(set) var byPod: [Labels: [Int: Double]] = [:]

  init(_ series: [Series], _ increases: CounterIncreases) {
    for one in series {
      let pod = CounterIncreases.pod(of: one.labels)
      for (stratum, amount) in increases.increments(of: one) {
        byPod[pod, default: [:]][stratum, default: 0] += amount
      }
    }
  }

  /// What all of it comes to, pod by pod.
  var totals: [Labels: Double] {
    byPod.mapValues { strata in strata.sorted { $0.key < $1.key }.reduce(0) { $0 + $1.value } }
  }
}

extension ArmReadings<Proportion> {
  /// Events of all trials; `isBad` tells whether the events are the bad ones.
  init(
    events: [Series], trials: [Series], isBad: Bool, _ increases: CounterIncreases, isCanary: Bool
  ) throws(NotComputable) {
    let (events, trials) = (PodAmounts(events, increases), PodAmounts(trials, increases))
    var readings: [Labels: [Int: Proportion]] = [:]
    for (pod, strata) in trials.byPod {
      for (stratum, count) in strata {
        // A scrape isn't atomic: events may run ahead of trials by a few.
        let happened = min(events.byPod[pod]?[stratum] ?? 0, count)
        readings[pod, default: [:]][stratum] = try Proportion(
          events: isBad ? happened : count - happened, trials: count)
      }
    }
    self.init(readings, isCanary: isCanary)
  }
}

extension ArmReadings<EventRate> {
  /// Events over the time that pods were watched.
  init(
    events: [Series], _ increases: CounterIncreases, isCanary: Bool
  ) throws(NotComputable) {
    let amounts = PodAmounts(events, increases)
    var readings: [Labels: [Int: EventRate]] = [:]
    for pod in increases.scrapes.keys {
      var seconds: [Int: Double] = [:]
      for (stratum, length) in increases.exposures(of: pod) {
        seconds[stratum, default: 0] += length
      }
      for (stratum, exposure) in seconds where exposure > 0 {
        readings[pod, default: [:]][stratum] = try EventRate(
          events: amounts.byPod[pod]?[stratum] ?? 0, exposure: exposure)
      }
    }
    self.init(readings, isCanary: isCanary)
  }
}

extension ArmReadings<RatioReading> {
  init(
    numerators: [Series], denominators: [Series], _ increases: CounterIncreases, isCanary: Bool
  ) {
    let (above, below) = (PodAmounts(numerators, increases), PodAmounts(denominators, increases))
    var readings: [Labels: [Int: RatioReading]] = [:]
    for (pod, strata) in below.byPod {
      for (stratum, amount) in strata {
        readings[pod, default: [:]][stratum] = RatioReading(
          numerator: above.byPod[pod]?[stratum] ?? 0, denominator: amount)
      }
    }
    self.init(readings, isCanary: isCanary)
  }
}

extension ArmReadings<Double> {
  /// The mean of a gauge in each stratum.
  init(gauges: [Series], _ increases: CounterIncreases, isCanary: Bool) {
    var sums: [Labels: [Int: (sum: Double, count: Double)]] = [:]
    for one in gauges {
      let pod = CounterIncreases.pod(of: one.labels)
      for (time, value) in zip(one.samples.timestamps, one.samples.values) where value.isFinite {
        guard increases.counts(time, of: pod), let stratum = increases.stratum(at: time) else {
          continue
        }
        sums[pod, default: [:]][stratum, default: (0, 0)].sum += value
        sums[pod, default: [:]][stratum, default: (0, 0)].count += 1
      }
    }
    self.init(sums.mapValues { $0.mapValues { $0.sum / $0.count } }, isCanary: isCanary)
  }
}
