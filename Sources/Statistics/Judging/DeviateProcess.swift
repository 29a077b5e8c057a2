/// A difference judged look after look by its normal deviate and standard error: what the judges
/// of means and ratios have in common.
///
/// Time is information, in units of the first look's: the score z √t is nearly a Brownian motion,
/// and goes to the sub-Gaussian mixture of `UniformBoundary` (Guard) or to Lan and DeMets' bound
/// (Fast). Asymptotic in the number of pods.
struct DeviateProcess: Sendable, Hashable, Codable {
  let settings: JudgeSettings
  /// The first look's information.
  private var unit = 0.0
  private let boundary: UniformBoundary
  private var walk: InformationWalk?

  /// How often both arms were seen.
  var looks = 0
  private(set) var logE = 0.0
  private(set) var largestLogE = 0.0
  private(set) var verdict = SequentialVerdict.undecided

  /// The mixture is tightest at this many times the information of the first look.
  private static let tunedAt = 2.0

  init(_ settings: JudgeSettings) throws(NotComputable) {
    self.settings = settings
    boundary = try UniformBoundary(.normal, tunedAt: Self.tunedAt, alpha: settings.alpha)
    if let plan = settings.mode.plan { walk = InformationWalk(plan: plan, alpha: settings.alpha) }
  }

  /// Whether it is asked over a plan.
  var isPlanned: Bool { walk != nil }

  /// Takes in the difference so far; one without a spread says nothing.
  mutating func look(z: Double, error: Double) {
    guard error > 0 else { return }
    let information = 1 / (error * error)
    guard information.isFinite, information > 0 else { return }
    if unit == 0 { unit = information }
    let (sign, time) = (settings.alternative == .less ? -1.0 : 1.0, information / unit)
    let score = sign * z * time.squareRoot()
    logE = boundary.logMixture(sum: score, at: time)
    largestLogE = max(largestLogE, logE)
    let isStopped = walk?.look(score: score, information: time, nominal: time, number: looks)
    if isStopped ?? (logE >= settings.requiredLogE) { verdict = .worse }
  }
}
