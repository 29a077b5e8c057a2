internal import MetricModel

/// How passes walk plans without knowing each node.
extension QueryPlan {
  /// The same node over changed inputs.
  ///
  /// - Parameter onOtherGrid: for inputs that are evaluated at other times than the node itself:
  ///   what is below a subquery, and what is evaluated once.
  func mappingInputs(
    _ change: (QueryPlan) -> QueryPlan, onOtherGrid: (QueryPlan) -> QueryPlan
  ) -> QueryPlan {
    switch self {
    case .number, .evaluationTime, .scan, .empty, .asked: return self
    case .window(var window):
      window.input = window.input.mappingInput(onOtherGrid)
      window.parameters = window.parameters.map(change)
      return .window(window)
    case .cells(var cells):
      cells.input = change(cells.input)
      cells.parameters = cells.parameters.map(change)
      return .cells(cells)
    case .aggregate(let aggregate): return .aggregate(aggregate.mappingInput(change))
    case .rank(let choice, let aggregate, let parameter, let place):
      return .rank(
        choice, aggregate.mappingInput(change), parameter: change(parameter), place: place)
    case .quantile(let aggregate, let parameter, let place):
      return .quantile(aggregate.mappingInput(change), parameter: change(parameter), place: place)
    case .countValues(let aggregate, let label):
      return .countValues(aggregate.mappingInput(change), label: label)
    case .join(let left, let right, let rule): return .join(change(left), change(right), rule)
    case .set(let operation, let left, let right, let labels):
      return .set(operation, change(left), change(right), labels)
    case .histogram(var histogram):
      histogram.input = change(histogram.input)
      histogram.parameters = histogram.parameters.map(change)
      return .histogram(histogram)
    case .info(let base, let info): return .info(change(base), info)
    case .evidence(var evidence):
      evidence.inputs = evidence.inputs.map { input in
        switch input {
        case .vector(let vector): .vector(change(vector))
        case .range(let range): .range(range.mappingInput(onOtherGrid))
        }
      }
      evidence.quantile = evidence.quantile.map(change)
      return .evidence(evidence)
    case .filled(let input, let filling):
      return .filled(change(input), filling.mappingInput(change))
    case .absent(let input, let labels): return .absent(change(input), labels)
    case .scalar(let input): return .scalar(change(input))
    case .relabel(let input, let rule): return .relabel(change(input), rule)
    case .sort(let input, let order, let names, let place):
      return .sort(change(input), order, names: names, place: place)
    case .mergeRows(let input, let isStrict):
      return .mergeRows(change(input), isStrict: isStrict)
    case .stepInvariant(let input): return .stepInvariant(onOtherGrid(input))
    case .shared(var shared):
      shared.plan = change(shared.plan)
      shared.wider = shared.wider.map(change)
      return .shared(shared)
    case .measured(let number, let input): return .measured(number, change(input))
    }
  }

  /// The same for all inputs alike.
  func mappingInputs(_ change: (QueryPlan) -> QueryPlan) -> QueryPlan {
    mappingInputs(change, onOtherGrid: change)
  }

  /// The inputs at the node's own evaluation times.
  var inputs: [QueryPlan] {
    var found: [QueryPlan] = []
    _ = mappingInputs { input in
      found.append(input)
      return input
    } onOtherGrid: {
      $0
    }
    return found
  }
}

extension RangePlan {
  /// A subquery over another plan; stored series as they are.
  func mappingInput(_ change: (QueryPlan) -> QueryPlan) -> RangePlan {
    guard case .subquery(let inner, let window, let step) = self else { return self }
    return .subquery(change(inner), window, step: step)
  }
}

extension GapFilling {
  fileprivate func mappingInput(_ change: (QueryPlan) -> QueryPlan) -> GapFilling {
    switch self {
    case .vector(let plan, let labels): .vector(change(plan), labels)
    case .scalar(let plan): .scalar(change(plan))
    case .last: .last
    }
  }
}

extension AggregatePlan {
  fileprivate func mappingInput(_ change: (QueryPlan) -> QueryPlan) -> AggregatePlan {
    var result = self
    result.input = change(input)
    return result
  }
}
