/// Where runs are written down before anything is done about them: an origin and one line an event.
package protocol RunJournal: Sendable {
  /// The runs that are written down.
  func names() throws(JournalError) -> [String]
  /// The lines of a run, the first one its origin; a line that was cut by a crash is left out.
  func lines(of run: String) throws(JournalError) -> [String]
  /// Makes changes in their order. Once it comes back they survive the loss of power; when it
  /// throws, they may be made again.
  ///
  /// Many changes cost little more than one, for the disk is waited for once.
  func commit(_ changes: [JournalChange]) throws(JournalError)
}

/// What becomes of a run's lines.
package enum JournalChange: Equatable, Sendable {
  /// Lines are added at the end.
  case append([String], to: String)
  /// Lines take the place of all there were, or make the run.
  case replace([String], of: String)
  case remove(String)
}

/// Why a journal can't be read or written; names the file.
package struct JournalError: Error, Equatable, CustomStringConvertible {
  package var description: String

  package init(_ description: String) {
    self.description = description
  }
}
