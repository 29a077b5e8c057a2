import MetricModel
import Testing

@testable import HTTPService

@Suite struct RequestParametersTests {
  private func parameters(
    _ query: String, form: String = ""
  ) throws(APIError) -> RequestParameters {
    try RequestParameters(form: form.utf8, query: query.utf8)
  }

  @Test func `names and values are decoded`() throws {
    let read = try parameters("query=up%7Bjob%3D%22a%2bb%22%7D+%2B+1&match%5B%5D=a&match[]=b&x")
    #expect(read.text("query") == #"up{job="a+b"} + 1"#)
    #expect(read.all("match[]") == ["a", "b"])
    #expect(read.text("x").isEmpty)
    #expect(read.text("absent").isEmpty)
    #expect(read.all("absent").isEmpty)
  }

  @Test func `a form goes before the address`() throws {
    let read = try parameters("a=1&b=2", form: "a=3")
    #expect(read.text("a") == "3")
    #expect(read.all("a") == ["3", "1"])
    #expect(read.text("b") == "2")
  }

  @Test(arguments: [
    ("a=%zz", #"error parsing form values: invalid URL escape "%zz""#),
    ("a=%4", #"error parsing form values: invalid URL escape "%4""#),
    ("a=%ff", "error parsing form values: a parameter is not valid UTF-8"),
  ])
  func `broken escapes are refused`(_ query: String, _ message: String) {
    let error = #expect(throws: APIError.self) { try parameters(query) }
    #expect(error == APIError(.badData, message))
  }

  @Test(arguments: [
    ("15", 15_000), ("0.5", 500), ("1.0009", 1000), ("-3", -3000), ("1h30m", 5_400_000),
    ("250ms", 250), ("1e3", 1_000_000), ("0", 0),
  ])
  func `a duration is read`(_ text: String, _ milliseconds: Int64) throws {
    #expect(try parameters("step=\(text)").duration("step").count == milliseconds)
  }

  @Test(arguments: [
    ("", #"invalid parameter "step": cannot parse "" to a valid duration"#),
    ("x", #"invalid parameter "step": cannot parse "x" to a valid duration"#),
    ("30m1h", #"invalid parameter "step": cannot parse "30m1h" to a valid duration"#),
    (
      "1e300",
      #"invalid parameter "step": cannot parse "1e300" to a valid duration. It overflows int64"#
    ),
  ])
  func `a broken duration is named`(_ text: String, _ message: String) throws {
    let read = try parameters("step=\(text)")
    let error = #expect(throws: APIError.self) { try read.duration("step") }
    #expect(error == APIError(.badData, message))
  }

  @Test func `a broken time is named`() throws {
    let read = try parameters("time=foo")
    let error = #expect(throws: APIError.self) { try read.time("time") }
    #expect(
      error
        == APIError(
          .badData, #"invalid parameter "time": cannot parse "foo" to a valid timestamp"#))
  }

  @Test(arguments: [("", nil), ("0", nil), ("7", 7)])
  func `a limit is a count or none`(_ text: String, _ limit: Int?) throws {
    #expect(try parameters("limit=\(text)").limit() == limit)
  }

  @Test(arguments: [
    ("x", #"invalid parameter "limit": strconv.Atoi: parsing "x": invalid syntax"#),
    ("-1", #"invalid parameter "limit": limit must be non-negative"#),
  ])
  func `a broken limit is named`(_ text: String, _ message: String) throws {
    let read = try parameters("limit=\(text)")
    let error = #expect(throws: APIError.self) { try read.limit() }
    #expect(error?.message == message)
  }
}

@Suite struct EscapedLabelNameTests {
  @Test(arguments: [
    ("job", "job"), ("U__job", "job"), ("U__my_2e_label", "my.label"), ("U__a__b", "a_b"),
    ("U___1f600_", "\u{1f600}"), ("U_x", "U_x"), ("U__", ""), ("U__a_2e", "U__a_2e"),
    ("U__a_zz_", "U__a_zz_"), ("U__a_d800_", "U__a_d800_"), ("U__a_", "U__a_"),
  ])
  func `an escaped name is decoded, a broken one stands for itself`(
    _ escaped: String, _ name: String
  ) {
    #expect(EscapedLabelName.decode(escaped) == name)
  }
}

@Suite struct ListenAddressTests {
  @Test(arguments: [
    ("127.0.0.1:9090", "127.0.0.1", 9090), (":80", "0.0.0.0", 80), ("[::1]:0", "::1", 0),
    ("localhost:65535", "localhost", 65535),
  ])
  func `an address is host and port`(_ text: String, _ host: String, _ port: Int) throws {
    #expect(try ListenAddress(parsing: text) == ListenAddress(host: host, port: port))
  }

  @Test(arguments: ["", "localhost", "a:", "a:b", "a:65536", "::1:80", "a:-1"])
  func `anything else is refused with an example`(_ text: String) {
    let error = #expect(throws: ServiceError.self) { try ListenAddress(parsing: text) }
    #expect(
      error?.description
        == "\(GoText.quoted(text)) is no address to listen on, "
        + "expected host:port such as 127.0.0.1:9090")
  }
}
