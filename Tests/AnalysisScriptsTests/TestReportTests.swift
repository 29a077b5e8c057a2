import AnalysisScripts
import Testing

@Suite struct TestReportTests {
  @Test func `a report is told in lines and in JUnit's XML`() {
    let report = TestReport(entries: [
      .init(file: "a.yaml", name: "one"),
      .init(file: "b.yaml", name: "two & \"three\"", problems: ["found <1>", "expected 2"]),
      .init(file: "a.yaml", name: "four\u{1}"),
    ])
    #expect(report.summary == "2 passed, 1 failed")
    #expect(
      report.failureLines == ["b.yaml: two & \"three\"", "  found <1>", "  expected 2"])
    #expect(
      report.junit == """
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites tests="3" failures="1">
          <testsuite name="a.yaml" tests="2" failures="0" errors="0" skipped="0">
            <testcase classname="a.yaml" name="one"/>
            <testcase classname="a.yaml" name="four\u{fffd}"/>
          </testsuite>
          <testsuite name="b.yaml" tests="1" failures="1" errors="0" skipped="0">
            <testcase classname="b.yaml" name="two &amp; &quot;three&quot;">
              <failure message="found &lt;1&gt;">found &lt;1&gt;&#10;expected 2</failure>
            </testcase>
          </testsuite>
        </testsuites>

        """)
  }
}
