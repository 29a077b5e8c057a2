import MetricModel
import Rules
import Testing

struct TemplateTests {
  private func filled(
    _ text: String, _ data: TemplateValue = .missing, answer: [VectorSample] = []
  ) throws -> String {
    let functions = TemplateFunctions(
      now: Timestamp(milliseconds: 1_600_000_000_500), externalURL: "http://assay:9090/deep/path"
    ) { (query) throws(TemplateQueryError) in
      if query.isEmpty { throw TemplateQueryError("empty query") }
      return answer
    }
    return try Template(text, name: "t").filled(with: data, functions: functions)
  }

  private var two: [VectorSample] {
    [("b", 21.0), ("a", 11.0)].map { instance, value in
      VectorSample(
        labels: Labels([("__name__", "m"), ("instance", instance)]),
        time: Timestamp(milliseconds: 0), value: value)
    }
  }

  @Test(arguments: [
    ("plain", "plain"),
    ("a {{- 1 -}} b", "a1b"),
    (
      "{{/* nothing */}}x{{ 1 }}{{ -2 }}{{ 3.5 }}{{ `raw\\n` }}{{ \"\\t\\u00e9\" }}",
      "x1-23.5raw\\n\té"
    ),
    ("{{ $x := 5 }}{{ $x }}{{ $x = 6 }}{{ $x }}", "56"),
    ("{{ if true }}a{{ else }}b{{ end }}{{ if 0 }}a{{ else if \"x\" }}c{{ else }}d{{ end }}", "ac"),
    ("{{ with \"v\" }}{{ . }}{{ end }}{{ with \"\" }}no{{ else }}empty{{ end }}", "vempty"),
    ("{{ range $i, $s := query \"m\" }}{{ $i }}={{ $s.Value }} {{ end }}", "0=21 1=11 "),
    ("{{ range query \"m\" | sortByLabel \"instance\" }}{{ .Labels.instance }}{{ end }}", "ab"),
    (
      "{{ range query \"m\" }}{{ if eq .Value 11.0 }}{{ break }}{{ end }}{{ .Value }}{{ end }}",
      "21"
    ),
    ("{{ define \"d\" }}<{{ . }}>{{ end }}{{ template \"d\" \"in\" }}", "<in>"),
    ("{{ query \"m\" | first | value }} {{ query \"m\" | first | label \"instance\" }}", "21 b"),
    ("{{ (query \"m\" | first).Labels.nothing }}", ""),
    (
      "{{ printf \"%.2f|%5d|%-4s|%q|%v|%x|%t|%%|%+d|%05.1f\" 2.345 42 \"ab\" \"q\\\"\" 1e6 "
        + "255 true 7 2.25 }}",
      "2.35|   42|ab  |\"q\\\"\"|1e+06|ff|true|%|+7|002.2"
    ),
    ("{{ printf \"%d %s\" \"x\" }}", "%!d(string=x) %!s(MISSING)"),
    ("{{ print 1 2 \"a\" 3 }}{{ len \"abc\" }}{{ index (args \"p\" \"q\") \"arg1\" }}", "1 2a33q"),
    ("{{ and 1 0 2 }}{{ or 0 \"\" 7 }}{{ not 1 }}", "07false"),
    ("{{ if and (gt 2 1) (le 1.5 1.5) (ne \"a\" \"b\") (lt \"a\" \"b\") }}yes{{ end }}", "yes"),
    ("{{ eq 3 1 2 3 }}", "true"),
    (
      "{{ humanize 1234567.0 }} {{ humanize 0.12 }} {{ humanize 999.96 }} {{ humanize \"12\" }}",
      "1.235M 120m 1000 12"
    ),
    ("{{ humanize1024 1048576 }} {{ humanizePercentage 0.12345 }}", "1Mi 12.35%"),
    (
      "{{ humanizeDuration 93784 }} {{ humanizeDuration 1.2345 }} {{ humanizeDuration -61 "
        + "}} {{ humanizeDuration 0.0123 }}",
      "1d 2h 3m 4s 1.234s -1m 1s 12.3ms"
    ),
    ("{{ humanizeTimestamp 1435065584.128 }}", "2015-06-23 13:19:44.128 +0000 UTC"),
    (
      "{{ (toTime 1435065584).Format \"Mon Jan _2 03:04:05 PM 2006 MST\" }}",
      "Tue Jun 23 01:19:44 PM 2015 UTC"
    ),
    (
      "{{ (\"-30m\" | parseDuration | toDuration | (now | toTime).Add).UnixMilli }}",
      "1599998200500"
    ),
    ("{{ (toDuration 5400.5).String }}", "1h30m0.5s"),
    ("{{ now }}", "1.6000000005e+09"),
    ("{{ title \"aa bb CC\" }} {{ toUpper \"a\" }} {{ toLower \"B\" }}", "Aa Bb CC A b"),
    (
      "{{ match \"a+\" \"baab\" }} {{ reReplaceAll \"(a+)b\" \"<$1>\" \"aab b ab\" }} {{ "
        + "reReplaceAll \"x*\" \"-\" \"abc\" }}",
      "true <aa> b <a> -a-b-c-"
    ),
    (
      "{{ stripPort \"[::1]:80\" }} {{ stripDomain \"a.b.c:80\" }} {{ stripDomain "
        + "\"10.0.0.1:80\" }}",
      "::1 a:80 10.0.0.1:80"
    ),
    (
      "{{ graphLink \"up == 1\" }} {{ pathPrefix }} {{ externalURL }} {{ urlQueryEscape "
        + "\"a b&\" }}",
      "/graph?g0.expr=up+%3D%3D+1&g0.tab=0 /deep/path http://assay:9090/deep/path a+b%26"
    ),
    (
      "{{ 1234567.0 }} {{ 123456.0 }} {{ 0.0001 }} {{ 0.00001 }} {{ 1e100 }}",
      "1.234567e+06 123456 0.0001 1e-05 1e+100"
    ),
  ])
  func `templates are filled in as Go does`(text: String, expected: String) throws {
    #expect(try filled(text, answer: two) == expected)
  }

  @Test func `labels and values of an alert are at hand`() throws {
    let data = TemplateValue.fields(
      type: "data",
      ["Labels": .map(["job": .text("api")], otherwise: .text("")), "Value": .number(0.5)])
    let text = "{{ $labels := .Labels }}{{ $labels.job }}/{{ $labels.none }}/{{ .Value }}"
    #expect(try filled(text, data) == "api//0.5")
  }

  @Test(arguments: [
    ("{{", "template: t:1: unclosed action"),
    ("a\n{{ if }}x{{ end }}", "template: t:2: missing value for if"),
    ("{{ nosuch 1 }}", "template: t:1: function \"nosuch\" not defined"),
    ("{{ $x }}", "template: t:1: undefined variable \"$x\""),
    ("{{ end }}", "template: t:1: unexpected {{end}}"),
    ("{{ if 1 }}", "template: t:1: unexpected EOF"),
    ("{{ \"a }}", "template: t:1: unterminated quoted string"),
    ("{{ (1 }}", "template: t:1: unclosed left paren"),
    ("{{ break }}", "template: t:1: {{break}} outside {{range}}"),
    ("{{/* x }}", "template: t:1: unclosed comment"),
  ])
  func `a broken template is refused with its line`(text: String, message: String) {
    #expect { try Template(text, name: "t") } throws: { "\($0)" == message }
  }

  @Test(arguments: [
    (
      "{{ query \"x\" | first }}",
      "t:1:15: executing \"t\" at <first>: error calling first: first() called on vector "
        + "with no elements"
    ),
    (
      "{{ humanize \"one\" }}",
      "t:1:3: executing \"t\" at <humanize \"one\">: error calling humanize: "
        + "strconv.ParseFloat: parsing \"one\": invalid syntax"
    ),
    (
      "{{ humanize }}",
      "t:1:3: executing \"t\" at <humanize>: wrong number of args for humanize: want 1 got 0"
    ),
    (
      "{{ label 1 2 }}",
      "t:1:3: executing \"t\" at <label 1 2>: wrong type for value; expected string; got int"
    ),
    ("{{ 1 2 }}", "t:1:3: executing \"t\" at <1 2>: can't give argument to non-function 1"),
    (
      "{{ lt 1 \"a\" }}",
      "t:1:3: executing \"t\" at <lt 1 \"a\">: error calling lt: incompatible types for comparison"
    ),
    (
      "{{ query \"\" }}", "t:1:3: executing \"t\" at <query \"\">: error calling query: empty query"
    ),
    (
      "{{ humanizeTimestamp 1e300 }}",
      "t:1:3: executing \"t\" at <humanizeTimestamp 1e300>: error calling "
        + "humanizeTimestamp: 1e+300 cannot be represented as a nanoseconds timestamp since "
        + "it overflows int64"
    ),
    (
      "{{ define \"a\" }}{{ template \"a\" }}{{ end }}{{ template \"a\" }}",
      "t: templates invoke each other too deeply"
    ),
    ("{{ range 200000 }}{{ end }}", "t: loops run more than 100000 rounds"),
    (
      "{{ index (query \"m\") 5 }}",
      "t:1:3: executing \"t\" at <index (query \"m\") 5>: error calling index: error "
        + "calling index: index out of range: 5"
    ),
  ])
  func `what goes wrong while filling in is told`(text: String, message: String) {
    #expect { try filled(text) } throws: { "\($0)" == "template: " + message }
  }

  @Test func `any bytes are refused or filled in, never a crash`() {
    var generator = SplitMix(state: 7)
    let pieces = [
      "{{", "}}", " ", "-", "if", "range", "end", "else", "$x", ":=", "=", ".", "|", "(", ")",
      "\"a\"",
      "1", "query", "define", "template", ",", "/*", "*/", "`", "'", "é", "\n", "with", "break",
    ]
    for _ in 0..<20_000 {
      let count = Int(generator.next() % 14)
      let text = (0..<count).map { _ in pieces[Int(generator.next() % UInt64(pieces.count))] }
      _ = try? filled("{{ " + text.joined(separator: " "), answer: two)
      _ = try? filled(text.joined(), answer: two)
    }
  }
}

struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
