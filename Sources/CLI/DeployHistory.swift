import Analysis
import Backtesting
import Manifest
import MetricModel
import YAMLReader

/// Recorded metrics with the deploys that happened in them.
struct DeployHistory {
  let opened: OpenedSource
  private let named: [Deploy]
  private let given: [NamedValue]

  /// One deploy: the recording's own.
  init(recording path: String, _ command: BacktestCommand, _ templates: [AnalysisTemplate]) throws {
    opened = try OpenedSource(recording: path)
    given = command.arguments
    let description = try opened.described(by: path)
    let name = path.split(separator: "/").last.map(String.init) ?? path
    named = [
      Deploy(
        name: name,
        start: description.rolloutStart.advanced(by: command.after?.length ?? .zero),
        end: opened.span.end,
        isBad: description.isBad, badSince: description.rolloutStart)
    ]
  }

  /// Those of a list, or all windows.
  init(data path: String, _ command: BacktestCommand, _ templates: [AnalysisTemplate]) throws {
    opened = try OpenedSource(directory: path)
    given = command.arguments
    if let list = command.deploys {
      named = try Self.listed(list, until: opened.span.end)
    } else {
      named = Deploy.windows(
        in: opened.span, every: command.every?.length ?? .minutes(5),
        length: command.length.length)
    }
  }

  /// The deploys with values for the templates' arguments, where they haven't their own.
  func deploys(for templates: [AnalysisTemplate]) -> [Deploy] {
    var known: [Argument] = []
    for template in templates {
      known += opened.hashArguments(for: template, given: given)
        .filter { argument in !known.contains { $0.name == argument.name } }
    }
    return named.map { deploy in
      var deploy = deploy
      deploy.arguments += known.filter { argument in
        !deploy.arguments.contains { $0.name == argument.name }
      }
      return deploy
    }
  }

  private static func listed(_ path: String, until end: Timestamp) throws -> [Deploy] {
    do {
      let documents = try YAMLReader.documents(in: try Files.readText(path))
      guard let list = documents.first?.asList else {
        throw CommandError("\(path): expected a list of deploys")
      }
      return try list.enumerated().map { index, node in
        var object = try node.object(at: "[\(index)]")
        let start = try time("start", of: &object) ?? Timestamp(milliseconds: 0)
        var deploy = Deploy(
          name: try object.optionalText("name") ?? start.rfc3339, start: start,
          end: try time("end", of: &object) ?? end)
        for (name, value) in try object.textMap("args").sorted(by: { $0.key < $1.key }) {
          deploy.arguments.append(Argument(name, value: value))
        }
        deploy.isBad = try object.optionalBool("bad")
        deploy.badSince = try time("bad_since", of: &object)
        try object.finish()
        return deploy
      }
    } catch let error as ManifestError {
      throw CommandError("\(path):\(error)")
    }
  }

  private static func time(
    _ field: String, of object: inout ManifestObject
  ) throws(ManifestError) -> Timestamp? {
    guard let node = object.optional(field) else { return nil }
    let text = node.asText
    let seconds = text == nil ? try node.number(at: object.path(of: field)) : 0
    guard let time = text.map({ Timestamp(parsing: $0) }) ?? Timestamp(seconds: seconds) else {
      throw ManifestError(
        "expected a time in RFC 3339 or in seconds since 1970", at: node,
        path: object.path(of: field))
    }
    return time
  }
}
