import MetricModel
import PromQL
import Testing

@Suite struct PrinterTests {
  @Test(arguments: [
    ("sum(x)by(job)", "sum by (job) (x)"),
    ("sum by () (x)", "sum(x)"),
    ("sum without(a, 'b.c') (x)", "sum without (a, \"b.c\") (x)"),
    ("topk(3,x) by (a)", "topk by (a) (3, x)"),
    ("x{a='b',c!~\"d\",}", #"x{a="b",c!~"d"}"#),
    (#"{"x"}"#, "x"),
    (#"{"x.y",a="b"}"#, #"{"x.y",a="b"}"#),
    (#"{__name__="x"}"#, #"{__name__="x"}"#),
    (#"{"on"}"#, #"{"on"}"#),
    ("rate( x [300] )", "rate(x[5m])"),
    ("x[1h:]offset -90s", "x[1h:] offset -1m30s"),
    ("x[1h/2]", "x[1h / 2]"),
    ("x > 90m", "x > 1h30m"),
    ("x - -5m", "x - -5m"),
    ("x[(1m)]", "x[1m]"),
    ("x[STEP()*(2+3):-range()+1]", "x[step() * (2 + 3):-range() + 1]"),
    ("x offset -min_of(step(),1m)^2", "x offset -min_of(step(), 1m) ^ 2"),
    ("x offset (-2 ^ 2)", "x offset (-2 ^ 2)"),
    ("x offset -(5)", "x offset -5s"),
    ("x offset 1m @ 1.5", "x @ 1.500 offset 1m"),
    ("x @ -0.001", "x @ -0.001"),
    ("x @ start()", "x @ start()"),
    ("a+on(b)group_left(c)d", "a + on (b) group_left (c) d"),
    ("a+on(b)group_left d", "a + on (b) group_left () d"),
    ("a / ignoring() b", "a / ignoring () b"),
    ("x[5m] @ 1 Anchored offset 1m", "x[5m] anchored @ 1.000 offset 1m"),
    ("x smoothed @ 1 offset 1m", "x @ 1.000 smoothed offset 1m"),
    ("anchored anchored", "anchored anchored"),
    ("a +on(b)fill(-1)c", "a + on (b) fill (-1) c"),
    ("a>bool fill_right(5m)FILL_left(1)b", "a > bool fill_left (1) fill_right (300) b"),
    ("a + fill", "a + fill"),
    ("a >bool 1", "a > bool 1"),
    ("a ATAN2 b", "a atan2 b"),
    ("-(1)", "-(1)"),
    ("1e21", "1000000000000000000000"),
    ("1e-7", "0.0000001"),
    ("Inf", "+Inf"),
    ("- inf", "-Inf"),
    (#"label_replace(x,"a",'$1',"b",`(\d+)`)"#, #"label_replace(x, "a", "$1", "b", "(\\d+)")"#),
  ])
  func `the canonical form is Prometheus'`(text: String, canonical: String) throws {
    #expect(Printer.text(of: try Parser.parse(text)) == canonical)
  }
}
