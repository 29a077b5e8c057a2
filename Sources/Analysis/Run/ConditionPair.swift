package import MetricModel

/// A metric's two conditions and what they make of a result (utils/evaluate/evaluate.go).
///
///     let pair = ConditionPair(success: "result[0] >= 0.95", failure: "")
///     pair.judgedPhase(of: ConditionInput(.list([.number(0.97)])), at: now).phase   // .successful
package struct ConditionPair: Equatable, Sendable {
  /// "" for none, as in templates.
  package var success: String
  package var failure: String
  package var compatibility: Compatibility
  private let conditions: Result<(success: Condition?, failure: Condition?), ConditionError>

  package init(success: String, failure: String, compatibility: Compatibility = .argo) {
    self.success = success
    self.failure = failure
    self.compatibility = compatibility
    do throws(ConditionError) {
      conditions = .success(
        (
          success.isEmpty ? nil : try Condition(success),
          failure.isEmpty ? nil : try Condition(failure)
        ))
    } catch {
      conditions = .failure(error)
    }
  }

  package static func == (left: ConditionPair, right: ConditionPair) -> Bool {
    left.success == right.success && left.failure == right.failure
      && left.compatibility == right.compatibility
  }

  /// Refuses conditions that can't be read.
  func check() throws(ConditionError) { _ = try conditions.get() }

  /// The phase of a measurement with its message; "" where the phase says it all.
  package func judgedPhase(
    of input: ConditionInput, at now: Timestamp
  ) -> (phase: AnalysisPhase, message: String) {
    do throws(ConditionError) {
      let (success, failure) = try conditions.get()
      // Both are always evaluated, so an error in either is one.
      let isSuccess = try holds(success, "successCondition", input, now)
      let isFailure = try holds(failure, "failureCondition", input, now)
      let phase = Self.phase(isSuccess: isSuccess, isFailure: isFailure)
      guard compatibility == .safe, input.holdsNoData, isSuccess != true, isFailure != true,
        isSuccess != nil || isFailure != nil
      else { return (phase, "") }
      return (.inconclusive, Self.noData)
    } catch {
      guard compatibility == .safe, input.isEmpty, isWellTyped(for: input.type) else {
        return (.error, error.message)
      }
      return (.inconclusive, Self.noData)
    }
  }

  /// Whether the conditions could hold for results of a type, so that an error on an empty one is
  /// the lack of data and not a fault of the condition.
  private func isWellTyped(for type: ConditionType) -> Bool {
    guard let (success, failure) = try? conditions.get() else { return false }
    return [success, failure].allSatisfy { condition in
      guard let condition else { return true }
      return (try? condition.check(against: type)) != nil
    }
  }

  /// The message of a measurement that had nothing to judge by.
  static let noData = "no data: the query gave no number to judge by"

  private static func phase(isSuccess: Bool?, isFailure: Bool?) -> AnalysisPhase {
    switch (isSuccess, isFailure) {
    case (nil, nil): .successful
    case (let success?, nil): success ? .successful : .failed
    case (nil, let failure?): failure ? .failed : .successful
    case (_?, true?): .failed
    case (let success?, false?): success ? .successful : .inconclusive
    }
  }

  private func holds(
    _ condition: Condition?, _ field: String, _ input: ConditionInput, _ now: Timestamp
  ) throws(ConditionError) -> Bool? {
    guard let condition else { return nil }
    do {
      return try condition.evaluate(input, at: now, compatibility: compatibility)
    } catch {
      let reason =
        input.isEmpty
        ? "metric result is nil or empty: no data returned from the metric provider"
        : error.message
      throw ConditionError("could not evaluate \(field) \"\(condition.source)\": \(reason)")
    }
  }
}
