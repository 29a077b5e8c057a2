internal import Statistics

/// Answers of the family `distributions`.
let distributionAnswers: [String: VectorAnswer] = [
  "distributions": { input in
    let name = try input.text("dist")
    let needed = ["normal": 1, "t": 2, "chi2": 2, "gamma": 2, "poisson": 2]
    let arguments = try input.numbers("args", atLeast: needed[name] ?? 3)
    let parameters = Array(arguments.dropFirst())
    let distribution: any Distribution
    switch name {
    case "normal": distribution = Normal.standard
    case "t": distribution = StudentT(degreesOfFreedom: parameters[0])
    case "chi2": distribution = ChiSquared(degreesOfFreedom: parameters[0])
    case "f":
      distribution = FDistribution(
        numeratorDegrees: parameters[0], denominatorDegrees: parameters[1])
    case "beta": distribution = Beta(a: parameters[0], b: parameters[1])
    case "gamma": distribution = Gamma(shape: parameters[0])
    case "binomial": distribution = Binomial(trials: parameters[0], probability: parameters[1])
    case "poisson": distribution = Poisson(mean: parameters[0])
    default: throw VectorValue.ShapeError(message: "unknown distribution \(name)")
    }
    let x = arguments[0]
    switch try input.text("fn") {
    case "cdf":
      return [
        "value": .number(distribution.cdf(x)), "log_value": .number(distribution.logCDF(x)),
      ]
    case "sf":
      return [
        "value": .number(distribution.survival(x)),
        "log_value": .number(distribution.logSurvival(x)),
      ]
    case "ppf": return ["value": .number(distribution.quantile(x))]
    case "isf": return ["value": .number(distribution.inverseSurvival(x))]
    case let function: throw VectorValue.ShapeError(message: "unknown function \(function)")
    }
  }
]
