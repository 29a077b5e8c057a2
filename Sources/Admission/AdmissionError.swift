/// Why nobody can be let in: a file that can't be read, or says what can't be done.
///
/// Names the file, and the line where there is one.
package struct AdmissionError: Error, Equatable, Sendable, CustomStringConvertible {
  package var description: String

  package init(_ description: String) {
    self.description = description
  }
}
