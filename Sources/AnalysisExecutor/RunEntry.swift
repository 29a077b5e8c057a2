internal import Analysis
internal import Manifest
internal import MetricModel

/// A run of the runner, with what isn't written down or done yet.
struct RunEntry {
  private(set) var recorder: RunRecorder
  /// The run as it was before the events that its journal holds.
  private(set) var origin: JSONValue
  let labels: [String: String]
  let secrets: [Argument.Origin: String]
  /// Lines that must reach the journal before anything is done.
  var unwritten: [String] = []
  /// Whether they take the place of all that is there.
  var startsAnew = false
  /// What is to be done once they have.
  var held: [AnalysisEffect] = []
  /// Whether the run waits in the runner's queue for its lines to be written.
  var isQueued = false
  /// Whether its origin is yet to be written down; taken up from a journal, it is there.
  private(set) var isStarting = false
  /// Those who wait until it is; told why it can't be.
  var starters: [CheckedContinuation<JournalError?, Never>] = []
  var watchers: [Int: AsyncStream<AnalysisRun>.Continuation] = [:]
  var watcherNumber = 0
  /// When the latest change was told of; nil for none since the start of the process.
  var toldAt: Timestamp?

  init(_ run: AnalysisRun, labels: [String: String]) {
    recorder = RunRecorder(run)
    origin = run.json
    self.labels = labels
    secrets = run.secretValues
    isStarting = true
    startsAnew = true
    unwritten = [originLine]
  }

  /// What is written at once, and what is done then.
  struct Piece {
    fileprivate var lines: [String]
    fileprivate var startsAnew: Bool
    fileprivate(set) var effects: [AnalysisEffect]

    func change(of run: String) -> JournalChange {
      startsAnew ? .replace(lines, of: run) : .append(lines, to: run)
    }
  }

  mutating func takeUnwritten() -> Piece {
    defer { (unwritten, startsAnew, held, isQueued) = ([], false, [], false) }
    return Piece(lines: unwritten, startsAnew: startsAnew, effects: held)
  }

  /// As if it had never been taken; what came since stays behind it.
  mutating func giveBack(_ piece: Piece) {
    // A journal that begins anew since then has no need of what was before.
    if !startsAnew {
      unwritten = piece.lines + unwritten
      startsAnew = piece.startsAnew
    }
    held = piece.effects + held
    isQueued = true
  }

  /// Those who waited for the origin to be written.
  mutating func begun() -> [CheckedContinuation<JournalError?, Never>] {
    defer { (isStarting, starters) = (false, []) }
    return starters
  }

  /// From the lines of a journal.
  init(
    restoring lines: [String], secrets: [Argument.Origin: String]
  ) throws(ManifestErrorText) {
    let header = try Self.header(lines)
    origin = header["origin"] ?? .null
    labels = (header["labels"]?.asObject ?? [:]).compactMapValues(\.asString)
    self.secrets = secrets
    do throws(ManifestError) {
      recorder = RunRecorder(
        try AnalysisRun(restoring: origin.manifestNode, secrets: secrets))
      for (number, line) in lines.dropFirst().enumerated() {
        guard let entry = try? JSONValue(parsing: line) else {
          throw ManifestError(
            line: number + 2, column: 1, path: "", message: "the line is no JSON")
        }
        _ = try recorder.replay(entry.manifestNode, at: "line \(number + 2)")
      }
    } catch {
      throw ManifestErrorText(text: error.description)
    }
  }

  var originLine: String {
    JSONValue.object([
      "origin": origin, "labels": .object(labels.mapValues(JSONValue.string)),
    ]).spelled
  }

  /// A journal that outgrew the bound begins anew from the run as it is.
  mutating func apply(_ event: AnalysisEvent, at now: Timestamp) -> [AnalysisEffect] {
    if recorder.sampleCount > RunRecord.samplesMax {
      recorder = RunRecorder(recorder.run)
      origin = recorder.run.json
      startsAnew = true
      unwritten = [originLine]
    }
    let (effects, entry) = recorder.apply(event, at: now)
    if let entry { unwritten.append(entry.spelled) }
    return effects
  }

  static func spec(_ lines: [String]) throws(ManifestErrorText) -> AnalysisSpec {
    do {
      let origin = try header(lines)["origin"] ?? .null
      return try AnalysisRun(restoring: origin.manifestNode, isForReading: true).spec
    } catch let error as ManifestError {
      throw ManifestErrorText(text: error.description)
    } catch let error as ManifestErrorText {
      throw error
    } catch {
      throw ManifestErrorText(text: "\(error)")
    }
  }

  static func record(
    _ lines: [String], secrets: [Argument.Origin: String]
  ) throws(ManifestErrorText) -> RunRecord {
    let origin = try header(lines)["origin"] ?? .null
    var events: [(node: ManifestNode, path: String)] = []
    for (number, line) in lines.dropFirst().enumerated() {
      guard let entry = try? JSONValue(parsing: line) else {
        throw ManifestErrorText(text: "line \(number + 2) is no JSON")
      }
      events.append((entry.manifestNode, "line \(number + 2)"))
    }
    do {
      return try RunRecord(origin: origin.manifestNode, events: events, secrets: secrets)
    } catch {
      throw ManifestErrorText(text: error.description)
    }
  }

  private static func header(_ lines: [String]) throws(ManifestErrorText) -> JSONValue {
    guard let first = lines.first, let header = try? JSONValue(parsing: first) else {
      throw ManifestErrorText(text: "the first line is no origin")
    }
    return header
  }
}

/// What is wrong with a journal's lines, in words.
struct ManifestErrorText: Error {
  var text: String
}
