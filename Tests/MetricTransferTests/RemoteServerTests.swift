import MetricModel
import Testing

@testable import MetricTransfer

@Suite struct RemoteServerTests {
  @Test(
    arguments: [
      ("3.14.0", "", .same), ("3.15.1-rc.0", "exemplar-storage", .same),
      ("3.14.0", "use-start-timestamps", nil), ("3.14.0", "promql-delayed-name-removal", nil),
      ("3.2.1", "", .exact(windowsAreClosed: false)),
      ("2.42.0", "", .exact(windowsAreClosed: true)),
      ("2.42.0+ds", "exemplar-storage,native-histograms", nil),
      ("2.37.0", "", nil), ("0.36.1", "", nil), ("4.0.0", "", nil), ("", "", nil),
      ("victoria", "", nil),
    ] as [(String, String, QueryReach?)])
  func `what a version may be asked`(version: String, features: String, expected: QueryReach?) {
    #expect(RemoteServer.reach(version: version, features: features) == expected)
  }
}
