import Glibc

/// How much the difference of the arms moves from scrape to scrape, beyond chance.
///
/// The scores of successive scrapes of a stage, less their mean, are independent by chance;
/// Σ U_t U_{t−j} / Σ I_t I_{t−j} estimates the autocovariance of the arms' difference at lag j.
struct LagSums: Sendable, Hashable, Codable {
  static let lags = 8

  /// What one lag has summed up: Σ U U, Σ (U I + I U), Σ I I of this stage, and of the stages
  /// before with their means taken out.
  private struct Lag: Sendable, Hashable, Codable {
    var products = 0.0
    var mixed = 0.0
    var squares = 0.0
    var closedProducts = 0.0
    var closedSquares = 0.0
  }

  private struct Look: Sendable, Hashable, Codable {
    var score: Double
    var information: Double
  }

  /// The last scrapes of this stage, the newest last.
  private var recent: [Look] = []
  private var sums = [Lag](repeating: Lag(), count: lags)
  private var score = 0.0
  private var information = 0.0

  mutating func append(_ score: Double, _ information: Double) {
    for (lag, earlier) in zip(sums.indices, recent.reversed()) {
      sums[lag].products += score * earlier.score
      sums[lag].mixed += score * earlier.information + information * earlier.score
      sums[lag].squares += information * earlier.information
    }
    if recent.count == Self.lags { recent.removeFirst() }
    recent.append(Look(score: score, information: information))
    self.score += score
    self.information += information
  }

  /// The sum of a lag in this stage as if its mean difference had been taken out of every score.
  private func centred(_ lag: Lag) -> Double {
    guard information > 0 else { return 0 }
    let mean = score / information
    return lag.products - mean * (lag.mixed - mean * lag.squares)
  }

  mutating func close() {
    sums = sums.map {
      var lag = Lag()
      lag.closedProducts = $0.closedProducts + centred($0)
      lag.closedSquares = $0.closedSquares + $0.squares
      return lag
    }
    (score, information) = (0, 0)
    recent = []
  }

  /// The autocovariances, and Σ I I of all lags.
  private var covariances: (each: [Double], mean: Double, squares: Double) {
    var (each, product, squares) = ([Double](), 0.0, 0.0)
    each.reserveCapacity(sums.count)
    for lag in sums {
      let (own, square) = (lag.closedProducts + centred(lag), lag.closedSquares + lag.squares)
      each.append(square > 0 ? own / square : 0)
      product += own
      squares += square
    }
    return (each, squares > 0 ? product / squares : 0, squares)
  }

  /// The variance at one scrape, that of lag 1 as the one of lag 0 isn't told from chance, and the
  /// long-run variance.
  var likeliest: (variance: Double, longRun: Double) { Self.estimate(covariances.each) }

  private static func estimate(_ covariances: [Double]) -> (variance: Double, longRun: Double) {
    let first = max(0, covariances.prefix(2).reduce(0, +) / 2)
    guard first > 0 else { return (0, 0) }
    let (early, late) = (
      covariances.prefix(lags / 2).reduce(0, +), covariances.suffix(lags / 2).reduce(0, +)
    )
    // Beyond the last lag as a first-order autoregression goes on.
    let kept = early > 0 ? min(0.7, max(0, late / early)) : 0
    let beyond = max(0, late) * kept / (1 - kept)
    return (first, max(first, first + 2 * (early + late + beyond)))
  }

  /// Nothing where times differ by no more than chance.
  var cautious: (variance: Double, longRun: Double) {
    let (each, mean, squares) = covariances
    return squares > 0 && mean * squares.squareRoot() > Self.gate
      ? Self.estimate(each) : (0, 0)
  }

  /// One in twenty, in standard deviations.
  private static let gate = 1.644853626951473
}
