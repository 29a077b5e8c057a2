import Foundation
import Statistics

/// Draws for simulation studies; the seed is part of each test's name or failure message.
extension SeededGenerator {
  /// By G. Box and M. Muller's transform.
  mutating func normal(mean: Double = 0, sd: Double = 1) -> Double {
    let radius = (-2 * log1p(-nextUnit())).squareRoot()
    return mean + sd * radius * cos(2 * .pi * nextUnit())
  }

  mutating func normals(_ count: Int, mean: Double = 0, sd: Double = 1) -> [Double] {
    (0..<count).map { _ in normal(mean: mean, sd: sd) }
  }

  mutating func exponentials(_ count: Int, mean: Double = 1) -> [Double] {
    (0..<count).map { _ in -mean * log1p(-nextUnit()) }
  }

  /// The events of so many independent trials.
  mutating func binomial(_ trials: Int, _ probability: Double) -> Double {
    var events = 0.0
    for _ in 0..<trials where nextUnit() < probability { events += 1 }
    return events
  }
}

/// The counts that a rate of `probability` gives in `runs` trials but for one case in a million on
/// either side.
func plausibleCounts(_ probability: Double, of runs: Int) -> ClosedRange<Int> {
  let law = Binomial(trials: Double(runs), probability: probability)
  return Int(law.quantile(1e-6))...Int(law.inverseSurvival(1e-6))
}
