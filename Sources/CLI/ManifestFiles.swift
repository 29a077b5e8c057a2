import Analysis
import AnalysisQueries
import AnalysisScripts
import Manifest
import Rollouts
import YAMLReader

/// Manifests given on the command line, read and reviewed together.
struct ManifestFiles {
  /// In the order of the files.
  private(set) var rollouts: [Document] = []
  private(set) var templates: [AnalysisTemplate] = []
  /// Faults with file, place and remedy.
  private(set) var faults: [LintReport.Finding] = []
  /// What is legal in the templates and yet not what one wants.
  private(set) var advice: [LintReport.Finding] = []

  /// The faults as lines.
  var remarks: [String] { faults.map(\.description) }

  /// Whether a controller would refuse something.
  var isRefused: Bool { faults.contains { $0.level == .error } }

  struct Document {
    var path: String
    var node: ManifestNode
  }

  init(_ paths: [String]) throws {
    var documents: [Document] = []
    for path in paths {
      let text = try Files.readText(path)
      do throws(ManifestError) {
        documents += try YAMLReader.documents(in: text).map { Document(path: path, node: $0) }
      } catch {
        throw CommandError("\(path):\(error)")
      }
    }
    guard !documents.isEmpty else {
      throw CommandError("\(paths.joined(separator: ", ")): holds no manifest")
    }
    for document in documents { try read(document) }
    for note in ManifestReview.notes(on: documents.map(\.node)) {
      let error = note.problem.error
      faults.append(
        LintReport.Finding(
          file: documents[note.document].path, line: error.line, column: error.column,
          level: note.problem.severity == .refused ? .error : .warning,
          rule: "rollout-\(note.problem.severity.rawValue)",
          subject: error.path.isEmpty ? note.title : "\(note.title): \(error.path)",
          message: error.message))
    }
  }

  private mutating func read(_ document: Document) throws {
    let node = document.node
    if node["kind"]?.asText == "Rollout" {
      rollouts.append(document)
    } else if AnalysisTemplate.isAnalysis(node) {
      do throws(ManifestError) {
        let template = try AnalysisTemplate(node)
        templates.append(template)
        faults += TemplateValidation.findings(in: template).map { finding($0, document.path) }
        let unwise = TemplateAdvice.findings(in: template) + QueryTypeAdvice.findings(in: template)
        advice += unwise.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
          .map { finding($0, document.path) }
      } catch {
        faults.append(
          LintReport.Finding(
            file: document.path, line: error.line, column: error.column, level: .error,
            rule: "unreadable", subject: error.path, message: error.message))
      }
    }
  }

  private func finding(_ finding: TemplateFinding, _ path: String) -> LintReport.Finding {
    LintReport.Finding(
      file: path, line: finding.line, column: finding.column,
      level: finding.isError ? .error : .warning, rule: finding.rule, subject: finding.path,
      message: finding.message, remedy: finding.remedy)
  }

  /// The only Rollout among the files.
  func rollout() throws -> RolloutPlan {
    guard let document = rollouts.first, rollouts.count == 1 else {
      throw CommandError(
        "found \(rollouts.count) manifests of kind Rollout, expected one; give the file that holds "
          + "it")
    }
    guard let plan = RolloutPlan.read(document.node).plan, !isRefused else {
      throw CommandError("the manifests can't be carried out as they stand, see above")
    }
    return plan
  }
}
