internal import Glibc

/// How far long work has come, on standard error; silent where no person watches.
///
///     var bar = ProgressBar("importing", total: files.count)
///     for file in files { …; bar.advance() }
///     bar.finish()
struct ProgressBar {
  private let title: String
  private var total: Int
  private var done = 0
  private var shown = -1
  private let isVisible = isatty(STDERR_FILENO) == 1

  private static let width = 40

  init(_ title: String, total: Int) {
    self.title = title
    self.total = total
  }

  /// A bar for work that tells itself how much is done, and of how much.
  static func during<Result>(
    _ title: String, _ work: ((_ done: Int, _ total: Int) -> Void) throws -> Result
  ) rethrows -> Result {
    var bar = ProgressBar(title, total: 0)
    defer { bar.finish() }
    return try work { bar.show($0, of: $1) }
  }

  mutating func advance(by count: Int = 1) { show(done + count, of: total) }

  private mutating func show(_ done: Int, of total: Int) {
    (self.done, self.total) = (done, total)
    guard isVisible, total > 0 else { return }
    let percent = min(100, done * 100 / total)
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
