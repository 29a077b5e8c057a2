import ArgumentParser
import MetricModel

/// A time on the command line: seconds, RFC 3339, or relative to what is at hand.
///
///     --at 2026-11-23T06:45:00Z    --at 1795416300.5    --at rollout+8m    --at end-5m
struct TimeArgument: ExpressibleByArgument, Equatable {
  enum Anchor: String, CaseIterable {
    case start
    case end
    /// When the recorded rollout began.
    case rollout
  }

  enum Meaning: Equatable {
    case absolute(Timestamp)
    case relative(Anchor, Milliseconds)
  }

  let meaning: Meaning

  init?(argument: String) {
    if let time = Timestamp(parsing: argument) {
      meaning = .absolute(time)
      return
    }
    for anchor in Anchor.allCases where argument.hasPrefix(anchor.rawValue) {
      let rest = argument.dropFirst(anchor.rawValue.count)
      if rest.isEmpty {
        meaning = .relative(anchor, .zero)
        return
      }
      guard let sign = rest.first, sign == "+" || sign == "-",
        let length = Milliseconds(parsing: rest.dropFirst())
      else { return nil }
      meaning = .relative(anchor, sign == "+" ? length : Milliseconds(-length.count))
      return
    }
    return nil
  }

  static let help = ArgumentHelp(stringLiteral: helpText)

  static let helpText =
    "seconds since 1970, RFC 3339, or start|end|rollout with an offset, such as rollout+8m"

  /// The time meant, given what the data spans.
  func time(in span: TimeRange, rolloutStart: Timestamp?) throws -> Timestamp {
    switch meaning {
    case .absolute(let time): return time
    case .relative(.start, let offset): return span.start.advanced(by: offset)
    case .relative(.end, let offset): return span.end.advanced(by: offset)
    case .relative(.rollout, let offset):
      guard let rolloutStart else {
        throw CommandError(
          "\"rollout\" as a time needs a recording that says when its rollout began "
            + "(recording.json with rolloutStart); use start, end or an absolute time")
      }
      return rolloutStart.advanced(by: offset)
    }
  }
}

/// A length of time on the command line, such as `30s`.
struct DurationArgument: ExpressibleByArgument {
  let length: Milliseconds

  init(_ length: Milliseconds) { self.length = length }

  /// As help texts show a default.
  var defaultValueDescription: String { length.description }

  init?(argument: String) {
    if let length = Milliseconds(parsing: argument) {
      self.length = length
    } else if let seconds = NumberText.parseDecimal(argument.utf8),
      let length = Milliseconds(seconds: seconds)
    {
      self.length = length
    } else {
      return nil
    }
  }
}
