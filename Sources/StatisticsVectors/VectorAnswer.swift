/// The answer of the project to one input: a value for every field that it offers.
typealias VectorAnswer = @Sendable (VectorValue) throws -> [String: VectorValue]

/// Family name → what answers it.
let vectorAnswers: [String: VectorAnswer] = [
  distributionAnswers, comparisonAnswers, sequentialAnswers, regressionAnswers,
  countAnswers, sampleAnswers, furtherAnswers, kayentaAnswers, shapeAnswers,
].reduce(into: [:]) { table, group in table.merge(group) { first, _ in first } }

/// The names of the families that are offered, in order.
package let vectorFamilies: [String] = vectorAnswers.keys.sorted()

/// Why a field of the reference isn't answered.
func skipReason(family: String, field: String, of input: VectorValue) -> String {
  switch (family, field) {
  case ("nist_strd", "residual_sd"):
    "0 for a fit that is exact in decimals; of doubles it is their rounding"
  case ("nist_strd", _):
    "certified for decimals that doubles hold to too few digits at this offset"
  case ("power", _): "sizes are of the canary; the other arm's follows by the ratio"
  case (_, let name) where name.hasSuffix("exact"):
    "the exact law takes too long at this size, where the asymptotic one is good"
  default: "not offered for this input"
  }
}
