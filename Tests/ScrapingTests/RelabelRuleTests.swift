import Manifest
import MetricModel
import Testing
import YAMLReader

@testable import Scraping

@Suite struct RelabelRuleTests {
  private func rules(_ yaml: String) throws -> [RelabelRule] {
    let document = try #require(try YAMLReader.documents(in: yaml).first)
    return try document.list(at: "").enumerated().map { try RelabelRule($1, "[\($0)]") }
  }

  private func labels(_ text: String) -> Labels {
    Labels(
      text.split(separator: " ").map { pair in
        let parts = pair.split(separator: "=", maxSplits: 1).map(String.init)
        return (parts[0], parts.count > 1 ? parts[1] : "")
      })
  }

  @Test(
    arguments: [
      ("{source_labels: [a], target_label: b, replacement: 'x-$1'}", "a=1", "a=1 b=x-1"),
      (
        "{source_labels: [a, c], regex: '(.*);(.*)', target_label: '$2', replacement: '${1}y'}",
        "a=1 c=d", "a=1 c=d d=1y"
      ),
      ("{source_labels: [a], regex: 'n.*', target_label: b}", "a=1", "a=1"),
      ("{source_labels: [a], target_label: a, replacement: ''}", "a=1 b=2", "b=2"),
      ("{target_label: b, replacement: fixed}", "a=1", "a=1 b=fixed"),
      ("{action: keep, source_labels: [a], regex: '1|2'}", "a=2", "a=2"),
      ("{action: keep, source_labels: [a], regex: '1|2'}", "a=12", nil),
      ("{action: drop, source_labels: [a, b], separator: '-', regex: '1-'}", "a=1", nil),
      ("{action: drop, source_labels: [a]}", "b=1", nil),
      ("{action: keepequal, source_labels: [a], target_label: b}", "a=1 b=1", "a=1 b=1"),
      ("{action: keepequal, source_labels: [a], target_label: b}", "a=1 b=2", nil),
      ("{action: dropequal, source_labels: [a], target_label: b}", "a=1 b=1", nil),
      ("{action: lowercase, source_labels: [a], target_label: b}", "a=AbC", "a=AbC b=abc"),
      ("{action: uppercase, source_labels: [a], target_label: a}", "a=AbC", "a=ABC"),
      (
        "{action: hashmod, source_labels: [c], target_label: d, modulus: 1000}", "c=baz",
        "c=baz d=976"
      ),
      (
        "{action: labelmap, regex: '__meta_(.*)', replacement: 'k_$1'}", "__meta_x=1 y=2",
        "__meta_x=1 k_x=1 y=2"
      ),
      ("{action: labeldrop, regex: 'a.*'}", "a=1 ab=2 c=3", "c=3"),
      ("{action: labelkeep, regex: 'a.*'}", "a=1 ab=2 c=3", "a=1 ab=2"),
      (
        "{action: Replace, source_labels: [a], regex: '(?s)(.).*', target_label: b}", "a=xyz",
        "a=xyz b=x"
      ),
    ] as [(String, String, String?)])
  func `actions`(rule: String, before: String, after: String?) throws {
    let result = RelabelRule.apply(try rules("- \(rule)"), to: labels(before))
    #expect(result == after.map(labels))
  }

  @Test func `rules apply one after the other`() throws {
    let rules = try rules(
      """
      - {source_labels: [a], target_label: b}
      - {action: labeldrop, regex: a}
      - {source_labels: [b], target_label: c, replacement: "$1$1"}
      """)
    #expect(RelabelRule.apply(rules, to: labels("a=1")) == labels("b=1 c=11"))
  }

  @Test(arguments: [
    ("{action: nope}", "1:12: [0].action: unknown relabel action \"nope\", expected one of "),
    ("{regex: '('}", "1:11: [0].regex: "),
    ("{action: hashmod, target_label: a}", "1:3: [0]: relabel configuration for hashmod requires"),
    ("{source_labels: [a]}", "1:3: [0]: relabel configuration for replace action requires"),
    ("{action: labeldrop, source_labels: [a]}", "1:3: [0]: labeldrop action requires only 'regex'"),
    (
      "{action: keepequal, source_labels: [a], target_label: b, regex: x}",
      "1:3: [0]: keepequal action requires only"
    ),
    ("{sourcelabels: [a]}", "1:4: [0].sourcelabels: unknown field"),
  ])
  func `nonsense is named with its place`(rule: String, message: String) {
    let error = #expect(throws: ManifestError.self) { try rules("- \(rule)") }
    #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "")")
  }

  @Test(arguments: [
    ("", "d41d8cd98f00b204e9800998ecf8427e"), ("abc", "900150983cd24fb0d6963f7d28e17f72"),
    (String(repeating: "1234567890", count: 8), "57edf4a22be3c955ac49da2e2107b67a"),
    (String(repeating: "a", count: 55), "ef1772b6dff9a122358552954ad0df65"),
    (String(repeating: "a", count: 56), "3b0c8ac703f828b04c6c197006d17218"),
    (String(repeating: "a", count: 64), "014842d480b571495a4a0363793f7367"),
  ])
  func `digests are those of RFC 1321`(text: String, digest: String) {
    let hex = MD5.hash(Array(text.utf8)).map { byte in
      let text = String(byte, radix: 16)
      return byte < 16 ? "0" + text : text
    }
    #expect(hex.joined() == digest)
  }
}
