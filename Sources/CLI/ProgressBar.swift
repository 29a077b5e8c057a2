internal import Glibc

/// How far long work has come, on standard error; silent where no person watches.
///
///     var bar = ProgressBar("importing", total: files.count)
///     for file in files { …; bar.advance() }
///     bar.finish()
struct ProgressBar {
  private let title: String
  private let total: Int
  private var done = 0
  private var shown = -1
  private let isVisible: Bool

  private static let width = 40

  init(_ title: String, total: Int) {
    self.title = title
    self.total = total
    isVisible = isatty(STDERR_FILENO) == 1 && total > 0
  }

  mutating func advance(by count: Int = 1) {
    done += count
    guard isVisible else { return }
    let percent = min(100, done * 100 / max(total, 1))
    guard percent != shown else { return }
    shown = percent
    let filled = percent * Self.width / 100
    let bar =
      String(repeating: "█", count: filled) + String(repeating: "░", count: Self.width - filled)
    Terminal.tell("\r\(title) \(bar) \(percent) %")
  }

  /// Clears the line, so that what follows stands alone.
  func finish() {
    if isVisible { Terminal.tell("\r\u{1b}[K") }
  }
}
