import MetricModel

/// Compares warnings and infos with what a script expects of them.
enum AnnotationCheck {
  static func check(_ annotations: [Annotation], _ expectation: ExpectedAnswer) throws(Mismatch) {
    try check(annotations.filter { $0.severity == .warning }, expectation.warnings, "warning")
    try check(annotations.filter { $0.severity == .info }, expectation.infos, "info")
  }

  private static func check(
    _ annotations: [Annotation], _ wanted: ExpectedAnswer.Remarks, _ kind: String
  ) throws(Mismatch) {
    let texts = annotations.map(\.text)
    let got = texts.isEmpty ? "(nothing)" : texts.joined(separator: "\n")
    switch wanted {
    case .unchecked: return
    case .none:
      guard texts.isEmpty else { throw Mismatch("a \(kind) where none is expected", got: got) }
    case .some(let patterns):
      guard !texts.isEmpty else { throw Mismatch("no \(kind) where one is expected") }
      for pattern in patterns where !texts.contains(where: pattern.accepts) {
        throw Mismatch("another \(kind)", got: got, want: pattern.description)
      }
      guard !patterns.isEmpty else { return }
      for text in texts where !patterns.contains(where: { $0.accepts(text) }) {
        throw Mismatch(
          "an unexpected \(kind)", got: text,
          want: patterns.map(\.description).joined(separator: "\n"))
      }
    }
  }
}
