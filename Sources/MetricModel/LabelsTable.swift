/// Numbers for label sets, in the order in which they come.
///
///     var groups = LabelsTable()
///     let job = Labels.sortedBytes(["job"])
///     groups.number(ofPicking: job, keepsListed: true, from: labels)    // 0
///
/// A set that is known already is found by its bytes: no `Labels` are made for it.
package struct LabelsTable: Sendable {
  /// By their numbers.
  package private(set) var labels: [Labels] = []
  /// Numbers by hash.
  private var numbers: [UInt64: Int] = [:]
  /// Those whose hash another set has.
  private var others: [Labels: Int] = [:]
  private var picked: [UInt8] = []

  package init() {}

  /// The number of what is left of a series' labels; as many as there were when it is new.
  ///
  /// - Parameters:
  ///   - names: as `Labels.sortedBytes` gives them.
  ///   - keepsListed: whether labels of these names stay, or all others.
  package mutating func number(
    ofPicking names: [[UInt8]], keepsListed: Bool, from series: Labels
  ) -> Int {
    picked.removeAll(keepingCapacity: true)
    series.pick(names, keepsListed: keepsListed, into: &picked)
    let hash = Labels.hash(of: picked)
    guard let known = numbers[hash] else {
      numbers[hash] = labels.count
      return append(Labels(sortedStorage: picked))
    }
    if labels[known].storage == picked { return known }
    let other = Labels(sortedStorage: picked)
    if let number = others[other] { return number }
    others[other] = labels.count
    return append(other)
  }

  private mutating func append(_ new: Labels) -> Int {
    labels.append(new)
    return labels.count - 1
  }
}
