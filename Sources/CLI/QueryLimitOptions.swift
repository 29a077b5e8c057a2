import ArgumentParser
import HTTPService
import MetricModel

/// What one query may use, by the names of Prometheus' flags where it has them.
struct QueryLimitOptions: ParsableArguments {
  @Option(
    name: .customLong("query.max-samples"),
    help: "Samples that one query may hold at once.")
  var samples = 50_000_000

  @Option(
    name: .customLong("query.max-bytes"),
    help: "Bytes of memory that one query may hold at once.")
  var bytes = 2 << 30

  @Option(name: .customLong("query.timeout"), help: "The longest a query may run, such as 2m.")
  var timeout: DurationArgument?

  func validate() throws {
    if samples < 1 || bytes < 1 {
      throw ValidationError("--query.max-samples and --query.max-bytes must be positive")
    }
    if let timeout, timeout.length.count < 1 {
      throw ValidationError("--query.timeout must be positive")
    }
  }

  func apply(to options: inout ServiceOptions) {
    options.querySamplesMax = samples
    options.queryBytesMax = bytes
    if let timeout { options.queryTimeout = timeout.length }
  }
}
