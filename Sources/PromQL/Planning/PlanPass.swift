/// A named change of a plan that leaves its answer as it was, to the bit.
///
/// Constants and what is the same at every step are found earlier, while the planner translates
/// (`ConstantFolding`, `Planner.settled`), since they decide of types and places of errors.
struct PlanPass {
  let name: String
  let apply: (QueryPlan) -> QueryPlan

  /// In the order in which they are run: what narrows selectors first, then what finds equal parts,
  /// then what would make parts differ that were equal.
  static var all: [PlanPass] {
    [
      PlanPass(name: "matcher propagation", apply: MatcherPropagation.apply),
      PlanPass(name: "common subexpressions", apply: CommonSubexpressions.apply),
      PlanPass(name: "selector merging", apply: SelectorMerging.apply),
      PlanPass(name: "label projection", apply: NameElision.apply),
    ]
  }

  static func optimised(_ plan: QueryPlan) -> QueryPlan {
    all.reduce(plan) { $1.apply($0) }
  }
}
