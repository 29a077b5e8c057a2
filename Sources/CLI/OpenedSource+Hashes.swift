import Analysis

extension OpenedSource {
  /// Values for a template's arguments: those given, and the two revisions' hashes as the recording
  /// calls them, for the arguments `canary-hash` and `stable-hash`.
  func hashArguments(for template: AnalysisTemplate, given: [NamedValue]) -> [Argument] {
    let names = Set(template.spec.arguments.map(\.name))
    var values: [String: String] = [:]
    if let description {
      values["canary-hash"] = description.canaryHash
      values["stable-hash"] = description.stableHash
    }
    for argument in given { values[argument.name] = argument.value }
    return values.keys.filter(names.contains).sorted().map { Argument($0, value: values[$0]) }
  }

  /// The recording's description of itself, which a replay can't do without.
  func described(by path: String) throws -> RecordingDescription {
    if let description { return description }
    throw CommandError(
      "\(path): has no recording.json, so nobody knows when the rollout began and what the two "
        + "versions are called; write one with rolloutStart, stable and canary "
        + "(queries/recordings/README.md tells the fields)")
  }
}
