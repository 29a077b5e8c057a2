import ArgumentParser
import Statistics

/// The root of the command; each subcommand has a file of its own.
@main
struct Assay: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "assay",
    abstract: "Is the new version safe to go on, or must it roll back, and how soon can we know?",
    discussion: """
      Assay stores metrics, answers PromQL, judges canaries by Argo Rollouts' AnalysisTemplates \
      and by statistics, and replays whole rollouts over recorded metrics.

      Try it on a recording:
        assay query 'sum by (version) (rate(model_predictions_total[5m]))' \\
          --recording queries/recordings/healthy --plot
        assay analyze queries/analysis/ml-model-compare.yaml \\
          --recording queries/recordings/accuracy-drop --at rollout+5m
        assay simulate queries/rollouts/model-rollout.yaml \\
          queries/analysis/ml-model-compare.yaml \\
          --recording queries/recordings/accuracy-drop

      Exit codes: 0 success or pass, 1 fail, 2 inconclusive, 3 error (bad input, missing file, \
      damaged data), 64 wrong usage.
      """,
    version: "assay \(version)",
    subcommands: [
      QueryCommand.self, AnalyzeCommand.self, SimulateCommand.self, LintCommand.self,
      ImportCommand.self, ServeCommand.self, TestCommand.self, CheckCommand.self,
      TsdbCommand.self,
      ExplainCommand.self, RejudgeCommand.self, BacktestCommand.self, PlanCommand.self,
      StudyCommand.self, StudyRolloutsCommand.self, ControllerCommand.self, RolloutsCommand.self,
    ])

  static let version = "0.1.0"

  static func main() async {
    // Parallelism is ours; OpenBLAS' own threads would only get in its way.
    pinLinearAlgebraToOneThread()
    // kubectl runs `kubectl assay get …` as `kubectl-assay get …`.
    if CommandLine.arguments.first?.hasSuffix("kubectl-assay") == true {
      await RolloutsCommand.main(nil)
    } else {
      await main(nil)
    }
  }
}

/// What the process tells its caller; documented in `assay --help`.
enum Verdict: Int32 {
  case pass = 0
  case fail = 1
  case inconclusive = 2
  case error = 3

  /// Ends the command; a plain return is a pass.
  func end() throws {
    if self != .pass { throw ExitCode(rawValue) }
  }
}

/// A refusal with its message; what was found, where, and what would be right.
struct CommandError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

extension ParsableCommand {
  /// Runs `body`; any error it throws is printed and ends the command with `Verdict.error`.
  func reporting(_ body: () throws -> Void) throws {
    do { try body() } catch { throw Self.reported(error) }
  }

  /// As above, for commands that wait.
  func reporting(_ body: () async throws -> Void) async throws {
    do { try await body() } catch { throw Self.reported(error) }
  }

  /// What ends the command: exit codes and wrong usage as they are, everything else told first.
  private static func reported(_ error: any Error) -> any Error {
    if error is ExitCode || error is ValidationError { return error }
    Terminal.complain("assay: \(error)")
    return ExitCode(Verdict.error.rawValue)
  }
}
