internal import Statistics

/// Kayenta's judge every five minutes on all minutes so far, canary against stable.
///
/// The score is 1 where the metric is classified High. Its documents ask for 50 points and hours;
/// a rollout of 40 minutes has 40.
struct KayentaWatcher: Watcher {
  let value: QueriedValue
  private var canary: [Double] = []
  private var stable: [Double] = []
  private var minute: (canary: [Double], stable: [Double]) = ([], [])

  init(_ value: QueriedValue) { self.value = value }

  mutating func score(after scrape: SimulatedScrape) throws(NotComputable) -> Double? {
    Self.add(scrape.canary.counts, to: &minute.canary)
    Self.add(scrape.stable.counts, to: &minute.stable)
    guard scrape.endsMinute else { return nil }
    canary.append(try value.query(minute.canary))
    stable.append(try value.query(minute.stable))
    minute = ([], [])
    guard scrape.minute % 5 == 0 else { return nil }
    var judge = KayentaJudge()
    judge.direction = .increase
    let verdict = judge.verdict(experiment: canary, control: stable)
    return verdict.classification == .high ? 1 : 0
  }

  private static func add(_ counts: [Double], to sum: inout [Double]) {
    if sum.isEmpty { sum = [Double](repeating: 0, count: counts.count) }
    for (index, count) in counts.enumerated() { sum[index] += count }
  }
}
