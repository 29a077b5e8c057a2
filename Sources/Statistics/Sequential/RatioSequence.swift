import Glibc

extension ConfidenceInterval {
  /// The confidence sequence of a ratio from the likelihood of its logarithm, valid at all looks
  /// together: the ratios exp(x) with log of the mean of L over a wide grid − log L(x) <
  /// log(1/(1 − level)), by the argument of J. Ville for the mixture against each of them.
  ///
  /// - Parameters:
  ///   - peak: where the likelihood, which is concave in logarithms, is largest.
  ///   - reach: logarithms beyond are as good as infinite.
  init(
    ofRatioAt level: Double, peak: Double, reach: Double,
    logLikelihood: (Double) -> Double
  ) {
    let prior = stride(from: -2.5, through: 2.5, by: 0.0625).map(logLikelihood)
    let threshold = logMeanExp(prior) + log(1 - level)
    let peak = min(reach, max(-reach, peak))
    func edge(towards limit: Double, open: Double) -> Double {
      if logLikelihood(limit) > threshold { return open }
      var (inside, outside) = (peak, limit)
      for _ in 0..<60 {
        let middle = (inside + outside) / 2
        if logLikelihood(middle) > threshold { inside = middle } else { outside = middle }
      }
      return exp(outside)
    }
    self.init(
      level: level, lower: edge(towards: -reach, open: 0),
      upper: edge(towards: reach, open: .infinity))
  }
}
