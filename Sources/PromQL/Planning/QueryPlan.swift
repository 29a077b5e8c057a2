internal import MetricModel

/// What a query does: logical nodes, from which `OperatorBuilder` makes operators.
///
/// Data, without evaluation times: the builder hands a grid down, which a subquery or a
/// step-invariant part replaces for what lies below it.
indirect enum QueryPlan: Equatable, Sendable {
  case number(Constant)
  /// `time()`.
  case evaluationTime
  /// Newest samples in the lookback window, or their times.
  case scan(SelectorPlan, SampleAnswer)
  case window(WindowPlan)
  case cells(CellsPlan)
  case aggregate(AggregatePlan)
  case rank(Ranking.Choice, AggregatePlan, parameter: QueryPlan, place: RemarkPlace)
  case quantile(AggregatePlan, parameter: QueryPlan, place: RemarkPlace)
  case countValues(AggregatePlan, label: String)
  case join(QueryPlan, QueryPlan, JoinRule)
  case set(BinaryOperation.Operator, QueryPlan, QueryPlan, VectorMatching.Labels)
  case histogram(HistogramPlan)
  case info(QueryPlan, InfoPlan)
  case evidence(EvidencePlan)
  case filled(QueryPlan, GapFilling)
  case absent(QueryPlan, Labels)
  case scalar(QueryPlan)
  case relabel(QueryPlan, LabelRule)
  case sort(QueryPlan, SortOrder, names: [String], place: RemarkPlace)
  /// Rows of equal labels become one.
  case mergeRows(QueryPlan, isStrict: Bool)
  /// Evaluated once, repeated at every step.
  case stepInvariant(QueryPlan)
  case empty
  /// Answered by another engine.
  case asked(AskedPlan)
  /// Read by several parts of the plan, computed for the first that asks.
  case shared(SharedPlan)
  /// A node whose costs are to be measured, under a number of its own.
  case measured(Int, QueryPlan)
}

/// A number of the query; equal by its bits, so that 0 and -0 differ, and NaN doesn't from itself.
struct Constant: Equatable {
  let value: Double

  init(_ value: Double) {
    self.value = value
  }

  static func == (left: Constant, right: Constant) -> Bool {
    left.value.bitPattern == right.value.bitPattern
  }
}

/// Where remarks on an operation point. It isn't part of what is computed, so all are equal.
struct RemarkPlace: Equatable {
  let range: SourceRange

  init(_ range: SourceRange) {
    self.range = range
  }

  static func == (left: RemarkPlace, right: RemarkPlace) -> Bool { true }
}

/// One reading of rows that several parts of a plan want.
///
/// What has the same number has the same `common` plan, places of remarks aside.
struct SharedPlan: Equatable {
  var number: Int
  /// What this reading is by itself.
  var plan: QueryPlan
  /// The wider plan of which it is a part; nil where it is all of it.
  var wider: QueryPlan?
  /// What its series fulfil beyond those of the wider plan.
  var matchers: [LabelMatcher] = []

  var common: QueryPlan { wider ?? plan }
}

/// Series and where to look at them; the range is the lookback for instant selectors.
struct SelectorPlan: Equatable {
  var matchers: [LabelMatcher]
  var window: SelectorWindow
  /// Whether unknown counter resets of histograms are looked for as they are read.
  var settlesHints = false
}

/// What an expression needs to know of histograms.
///
/// Prometheus reads no buckets where only count and sum are asked for, and so has to settle at once
/// whether a counter was reset between two samples; sums of which one was and the other wasn't are
/// then remarked upon.
enum HistogramDetail {
  /// All, as far as is known yet.
  case buckets
  case countAndSum
  /// All, whatever else is asked for below.
  case bucketsBelow
}

/// A function over range vectors.
struct WindowPlan: Equatable {
  var function: WindowFunction
  var input: RangePlan
  var parameters: [QueryPlan]
  var names: NameRule
  var places: WindowPlaces
  /// Whether start times tell of resets.
  var usesStartTimes: Bool
  /// Whether `__type__` tells of counters, instead of the name.
  var asksTypeLabel = false
}

/// A range vector.
enum RangePlan: Equatable {
  case stored(SelectorPlan)
  /// With its window as written.
  case extended(SelectorPlan, ExtendedWindow)
  case subquery(QueryPlan, SelectorWindow, step: Milliseconds)

  var window: SelectorWindow {
    switch self {
    case .stored(let selector), .extended(let selector, _): selector.window
    case .subquery(_, let window, _): window
    }
  }
}

/// A function of cells and scalars.
struct CellsPlan: Equatable {
  var function: CellFunction
  var input: QueryPlan
  var parameters: [QueryPlan]
  var names: NameRule
  /// Of an operator, to which remarks point.
  var place = RemarkPlace(SourceRange(0, 0))
}

/// An aggregation's input and groups.
struct AggregatePlan: Equatable {
  var operation: Aggregation.Operation
  var grouping: Grouping
  var input: QueryPlan
  /// To which remarks on histograms point: the vector, or the whole call of those that choose.
  var place: RemarkPlace
}

/// A function over the buckets of classic histograms.
struct HistogramPlan: Equatable {
  var question: HistogramScan.Question
  var input: QueryPlan
  var parameters: [QueryPlan]
  var names: NameRule
  var places: HistogramScan.Places
}
