/// Texts of templates with `{{args.name}}` in them, for those who look at them from outside.
package enum TemplateText {
  /// The names between the braces, in the order of the text.
  package static func placeholders(in text: String) -> [String] { Placeholders.names(in: text) }

  /// The text with each name replaced.
  package static func filled(_ text: String, with value: (String) -> String) -> String {
    (try? Placeholders.replaced(in: text) { value($0) }) ?? text
  }
}
