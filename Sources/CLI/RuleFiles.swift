import Manifest
import PromQL
import Rules
import YAMLReader

/// Rule files from disk.
enum RuleFiles {
  /// The groups, and what is wrong with them; throws for a file that can't be read at all.
  static func read(
    _ path: String, ignoresUnknownFields: Bool, queries: QueryOptions
  ) throws -> (file: RuleFile, errors: [RuleFileError]) {
    let text = try Files.readText(path)
    var options = RuleFile.Options()
    options.ignoresUnknownFields = ignoresUnknownFields
    options.queries = queries
    do throws(ManifestError) {
      let documents = try YAMLReader.documents(in: text, scalars: .asWritten)
      return RuleFile.read(documents.first, path: path, options: options)
    } catch {
      throw CommandError("\(path):\(error)")
    }
  }
}
