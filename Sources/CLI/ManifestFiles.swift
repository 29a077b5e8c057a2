import Analysis
import Manifest
import Rollouts
import YAMLReader

/// Manifests given on the command line, read and reviewed together.
struct ManifestFiles {
  /// In the order of the files.
  private(set) var rollouts: [Document] = []
  private(set) var templates: [AnalysisTemplate] = []
  /// Faults, each line with file, place and remedy.
  private(set) var remarks: [String] = []
  /// What is legal in the templates and yet not what one wants.
  private(set) var advice: [String] = []
  /// Whether one of the remarks is a refusal.
  private(set) var isRefused = false

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
      let (error, severity) = (note.problem.error, note.problem.severity)
      let place = error.line > 0 ? "\(error.line):\(error.column): " : " "
      let field = error.path.isEmpty ? "" : "\(error.path): "
      remark(
        documents[note.document].path,
        "\(place)\(severity.rawValue): \(note.title): \(field)\(error.message)",
        severity == .refused)
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
        let findings = TemplateValidation.findings(in: template)
        for finding in findings { remark(document.path, "\(finding)", finding.isError) }
        advice += TemplateAdvice.findings(in: template).map { "\(document.path):\($0)" }
      } catch {
        remark(document.path, "\(error)", true)
      }
    }
  }

  private mutating func remark(_ path: String, _ text: String, _ isRefusal: Bool) {
    remarks.append("\(path):\(text)")
    isRefused = isRefused || isRefusal
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
