import QueryScripts
import Testing

@Suite struct OwnScriptTests {
  @Test func `there are scripts`() {
    #expect(ScriptFile.own.count >= 10)
  }

  @Test(arguments: ScriptFile.own)
  func `every evaluation of our own scripts passes`(file: ScriptFile) throws {
    let report = try file.run()
    #expect(report.passedCount > 0)
    for failure in report.failures {
      Issue.record("\(file.name) \(failure)")
    }
  }
}
