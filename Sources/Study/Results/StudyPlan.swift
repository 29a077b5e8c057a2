package import Statistics

/// How often rules stop rollouts without a change, and how soon those with one: the whole study.
///
/// ```swift
/// let plan = StudyPlan(rollouts: 4_000)
/// for (key, cell) in plan.tuning { … }                 // largest scores give the limits
/// for table in StudyPlan.tables { … }                  // its cells(of:limits:) give the tallies
/// StudyReport(rollouts: 4_000, sections: sections, joint: joint).markdown
/// ```
///
/// Cells are independent and their seeds can be split, so a shell runs them on as many threads as
/// it likes: the same seeds give the same tallies whatever the split.
package struct StudyPlan: Sendable {
  /// Rollouts in a cell.
  package let rollouts: Int

  package init(rollouts: Int) { self.rollouts = rollouts }

  /// The seeds of every cell; those of tuning are others.
  package var seeds: Range<UInt64> { 1..<UInt64(rollouts) + 1 }
  package var tuningSeeds: Range<UInt64> { 1_000_001..<1_000_001 + UInt64(rollouts) }

  /// The worlds of a table.
  package struct Table: Sendable {
    package enum Kind: Sendable {
      /// How many rollouts were stopped.
      case falseAlarms
      /// Canary requests until then.
      case requests
    }

    package var title: String
    package var kind: Kind
    package var worlds: [World]
    /// In which seconds of a pod's life nobody looks.
    package var warmUpSeconds = 0.0
  }

  // The worlds.
  private static func errors(_ name: String, _ change: (inout World) -> Void = { _ in }) -> World {
    changed(World(name, .badShare(0.01)), change)
  }

  private static func accuracy(
    _ name: String, _ change: (inout World) -> Void = { _ in }
  ) -> World {
    changed(World(name, .badShare(0.08)), change)
  }

  private static func latency(
    _ name: String, _ bounds: Metric.BucketBounds, _ change: (inout World) -> Void = { _ in }
  ) -> World {
    changed(World(name, .latency(bounds)), change)
  }

  private static func changed(_ world: World, _ change: (inout World) -> Void) -> World {
    var world = world
    change(&world)
    return world
  }

  private static let disturbances: [(name: String, change: @Sendable (inout World) -> Void)] = [
    ("pods sd .3", { $0.podSpread = 0.3 }),
    ("common AR(1) .4", { $0.commonSpread = 0.4 }),
    ("arm AR(1) .15", { $0.armSpread = 0.15 }),
    ("rate .6→1.4 %", { $0.ramp = (0.6, 1.4) }),
    ("resets", { $0.restartChance = 0.005 }),
    ("cold vs stable", { $0.coldStart = .canary }),
    ("cold vs fresh", { $0.coldStart = .both }),
  ]

  package static let unchanged = Table(
    title: "False alarms: rollouts without a change that were rolled back, %",
    kind: .falseAlarms,
    worlds: [
      errors("clean"), accuracy("accuracy .92"), errors("1 rps") { $0.plan = .quiet },
    ] + disturbances.map { errors($0.name, $0.change) })

  package static let unchangedAndWarm = Table(
    title: "False alarms without each pod's first three minutes, %", kind: .falseAlarms,
    worlds: [
      errors("cold vs stable") { $0.coldStart = .canary }
    ], warmUpSeconds: 180)

  package static let worse = Table(
    title: "Canary requests before the rollback", kind: .requests,
    worlds: [1.2, 1.5, 2, 5].map { ratio in
      errors("errors 1→\(Figures.plain(ratio)) %") { $0.effect = .ratio(ratio) }
    }
      + [0.91, 0.90, 0.85].map { level in
        accuracy("accuracy .92→\(Figures.plain(level))") {
          $0.effect = .ratio((1 - level) / 0.08)
        }
      }
      + [
        errors("1 rps, 1→5 %") {
          $0.effect = .ratio(5)
          $0.plan = .quiet
        }
      ])

  package static let worseAndNoisy = Table(
    title: "Canary requests before the rollback, errors 1→2 %, where noise disturbs",
    kind: .requests,
    worlds: disturbances.prefix(5).map { name, change in
      errors(name) {
        change(&$0)
        $0.effect = .ratio(2)
      }
    })

  package static let unchangedLatency = Table(
    title: "Latency: false alarms, %", kind: .falseAlarms,
    worlds: [
      latency("default buckets", .byDefault),
      latency("default, pods sd 5 %", .byDefault) { $0.podSpread = 0.05 },
      latency("native", .native),
      latency("native, pods sd 5 %", .native) { $0.podSpread = 0.05 },
    ])

  package static func worseLatency(_ bounds: Metric.BucketBounds) -> Table {
    let name = bounds == .native ? "native buckets, schema 3" : "default buckets"
    return Table(
      title: "Latency, \(name): canary requests before the rollback", kind: .requests,
      worlds: [
        latency("all +5 %", bounds) { $0.effect = .slower(1.05) },
        latency("all +10 %", bounds) { $0.effect = .slower(1.10) },
        latency("all +25 %", bounds) { $0.effect = .slower(1.25) },
        latency("slowest 5 % +10 %", bounds) { $0.effect = .slowerTail(1.10) },
        latency("slowest 5 % +25 %", bounds) { $0.effect = .slowerTail(1.25) },
      ])
  }

  package static let tables: [Table] = [
    unchanged, unchangedAndWarm, worse, worseAndNoisy, unchangedLatency, worseLatency(.byDefault),
    worseLatency(.native),
  ]

  /// Limits found by tuning: by metric and traffic, then by policy.
  package typealias Limits = [TuningKey: [String: Double]]

  /// What limits are tuned for.
  package struct TuningKey: Hashable, Sendable {
    package var metric: Metric
    package var plan: TrafficPlan
  }

  /// The cells whose largest scores give the limits.
  package var tuning: [(key: TuningKey, cell: Cell)] {
    var seen: Set<TuningKey> = []
    return Self.tables.flatMap(\.worlds).compactMap { world in
      let key = TuningKey(metric: world.metric, plan: world.plan)
      guard seen.insert(key).inserted else { return nil }
      var calm = World("calm", world.metric)
      calm.plan = world.plan
      return (key, Cell(calm, PolicyCatalogue(world: calm, tuned: [:]).toTune()))
    }
  }

  /// The limits that 5 % of the rollouts exceeded.
  ///
  /// - Parameter scores: the largest scores of each policy of a cell.
  package static func limits(of cell: Cell, scores: [[Double]]) -> [String: Double] {
    var limits: [String: Double] = [:]
    for (policy, scores) in zip(cell.policies, scores) {
      limits[policy.name] = Cell.limit(exceededBy: 0.05, of: scores)
    }
    return limits
  }

  /// Every policy for a world, limits tuned or not.
  ///
  /// - Throws: `NotComputable` where a rule can't be set up.
  package static func policies(
    in world: World, limits: [String: Double] = [:], warmUpSeconds: Double = 0
  ) throws(NotComputable) -> [Policy] {
    try PolicyCatalogue(world: world, tuned: limits).all().map {
      $0.warmingUp(seconds: warmUpSeconds)
    }
  }

  /// The cells of a table, one a world.
  ///
  /// - Throws: `NotComputable` where a rule can't be set up.
  package static func cells(of table: Table, limits: Limits) throws(NotComputable) -> [Cell] {
    var cells: [Cell] = []
    for world in table.worlds {
      let key = TuningKey(metric: world.metric, plan: world.plan)
      let policies = try policies(
        in: world, limits: limits[key] ?? [:], warmUpSeconds: table.warmUpSeconds)
      cells.append(Cell(world, policies))
    }
    return cells
  }

  /// Errors, accuracy and latency of one rollout with one budget of 5 % for all three.
  ///
  /// - Throws: as above.
  package static func jointCells() throws(NotComputable) -> [JointCell] {
    let shares = try ErrorBudget(0.05).shares(weights: [1, 1, 1])
    let settings: [(String, @Sendable (inout World) -> Void)] = [
      ("clean", { _ in }),
      ("pods differ", { $0.podSpread = $0.metric == .latency(.native) ? 0.05 : 0.3 }),
    ]
    var cells: [JointCell] = []
    for (name, change) in settings {
      let worlds = [
        errors("errors", change), accuracy("accuracy", change), latency("latency", .native, change),
      ]
      var metrics: [Cell] = []
      for (world, share) in zip(worlds, shares) {
        let catalogue = PolicyCatalogue(world: world, tuned: [:], alpha: share)
        metrics.append(Cell(world, try catalogue.ours()))
      }
      cells.append(JointCell(name: name, metrics: metrics))
    }
    return cells
  }
}
