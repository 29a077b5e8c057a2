package import MetricModel

/// Why a query that parses has no answer; `description` is Prometheus' wording.
package enum QueryError: Error, Equatable, Sendable {
  /// Two series of the "one" side of a join have the same matching labels at one step.
  case duplicateSeries(group: Labels, isRightSide: Bool, first: Labels, second: Labels)
  /// Several elements of the left side match one element, and no `group_left` allows it.
  case manyToOneNotExplicit
  /// `group_left` or `group_right` leaves two results with the same labels.
  case groupingNotUnique
  /// Two results of one step have the same labels.
  case repeatedLabelset
  /// NaN as the parameter of `topk` and its kin.
  case parameterIsNaN
  /// The parameter of `topk` and its kin doesn't fit 64 bits.
  case parameterOverflows(Double)
  /// The same at the other end.
  case parameterUnderflows(Double)
  /// NaN as the parameter of `limit_ratio`.
  case ratioIsNaN
  /// A factor of `double_exponential_smoothing` outside (0, 1); `name` is `smoothing` or `trend`.
  case smoothingFactor(name: String, value: Double)
  /// A text that can't be a label name, in `count_values`.
  case labelName(StringLiteral)
  /// A text that can't be a label name, in the function named.
  case destinationLabel(String, function: String)
  /// A text that can't be the name of a source label of `label_join`.
  case sourceLabel(String)
  /// RE2 refuses the pattern of `label_replace`.
  case pattern(String)
  /// A range query of an expression that yields strings or range vectors.
  case rangeQueryType(ValueType)
  /// An expression that parses but isn't built; names it.
  case unsupported(String)
  /// `info()` would add two values of one label.
  case conflictingInfoLabel(String)
  /// Two info series of one name, instance and job are equally new.
  case duplicateInfoSeries(Labels, Labels, atMilliseconds: Int64)
  /// An info series holds histograms, where it should be a number.
  case infoSeriesHoldsHistograms(Labels)
  /// A duration that turns out not to be one.
  case duration(DurationFault, SourceRange)
  /// `anchored` or `smoothed` in a call of a function that can't make use of it.
  case `extension`(RangeExtension, function: String)
  /// A range vector with such borders, asked for as it is, holds histograms.
  case extensionOnHistograms(RangeExtension)
  /// The storage failed.
  case storage(SelectError)
  /// More evaluation times than allowed.
  case tooManySteps(limit: Int, needed: Int)
  /// More samples at once than allowed.
  case tooManySamples(limit: Int, needed: Int)
  /// More memory than allowed, in bytes.
  case tooMuchMemory(limit: Int, needed: Int)
  case cancelled
}

extension QueryError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .duplicateSeries(let group, let isRightSide, let first, let second):
      Self.duplicateText(group, isRightSide, first, second)
    case .manyToOneNotExplicit:
      "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
    case .groupingNotUnique:
      "multiple matches for labels: grouping labels must ensure unique matches"
    case .repeatedLabelset: "vector cannot contain metrics with the same labelset"
    case .parameterIsNaN: "Parameter value is NaN"
    case .parameterOverflows(let value):
      "Scalar value \(NumberText.general(value)) overflows int64"
    case .parameterUnderflows(let value):
      "Scalar value \(NumberText.general(value)) underflows int64"
    case .ratioIsNaN: "Ratio value is NaN"
    case .smoothingFactor(let name, let value):
      "invalid \(name) factor. Expected: 0 < \(name == "trend" ? "tf" : "sf") < 1, "
        + "got: \(GoFormat.sixDecimals(value))"
    case .labelName(let name): "invalid label name \(name.quoted)"
    case .destinationLabel(let name, let function):
      "invalid destination label name in \(function)(): \(name)"
    case .sourceLabel(let name): "invalid source label name in label_join(): \(name)"
    case .pattern(let pattern):
      "invalid regular expression in label_replace(): \(pattern)"
    case .rangeQueryType(let type):
      "invalid expression type \(GoText.quoted(type.spelledOut)) for range query, "
        + "must be Scalar or instant Vector"
    case .unsupported(let what): "\(what) is not supported"
    case .conflictingInfoLabel(let name): "conflicting label: \(name)"
    case .duplicateInfoSeries(let first, let second, let time):
      "found duplicate series for info metric: existing \(GoFormat.braces(first)) @ \(time), "
        + "new \(GoFormat.braces(second)) @ \(time)"
    case .infoSeriesHoldsHistograms(let labels):
      "this should be an info metric, with float samples: \(GoFormat.braces(labels))"
    case .duration(let fault, let range): "\(range.start):\(range.end): \(fault.rawValue)"
    case .extension(let kind, let function):
      "\(kind.rawValue) modifier can only be used with: "
        + "\(kind.functions.joined(separator: ", ")) - not with \(function)"
    case .extensionOnHistograms(let kind):
      "\(kind.rawValue) modifier is not supported with histograms"
    case .storage(let error): "expanding series: \(error)"
    case .tooManySteps(let limit, let needed):
      "exceeded maximum resolution of \(limit) points per timeseries. "
        + "Try decreasing the query resolution (?step=XX): \(needed) were asked for"
    case .tooManySamples(let limit, let needed):
      "query processing would load too many samples into memory in query execution: "
        + "\(needed) at once, the limit is \(limit); select fewer series, use a longer step, "
        + "or raise the limit (--query.max-samples)"
    case .tooMuchMemory(let limit, let needed):
      "query processing would hold \(needed) bytes in memory, the limit is \(limit); "
        + "select fewer series, use a longer step, or raise the limit (--query.max-bytes)"
    case .cancelled: "query was canceled in expression evaluation"
    }
  }

  /// Sorts the two series, so that the text is the same in each run.
  private static func duplicateText(
    _ group: Labels, _ isRightSide: Bool, _ first: Labels, _ second: Labels
  ) -> String {
    let texts = [GoFormat.braces(first), GoFormat.braces(second)].sorted {
      $0.utf8.lexicographicallyPrecedes($1.utf8)
    }
    return "found duplicate series for the match group \(GoFormat.braces(group)) on the "
      + "\(isRightSide ? "right" : "left") hand-side of the operation: "
      + "[\(texts[0]), \(texts[1])];many-to-many matching not allowed: "
      + "matching labels must be unique on one side"
  }
}
