import Foundation
import MetricModel
import PromQL
import QueryScripts
import Testing

/// The bound on the height of trees is there for the sake of everything that walks them.
@Suite struct DepthTests {
  private static let depth = ParserOptions().maximumDepth - 5

  private static func nested(_ opening: String, _ closing: String, levels: Int) -> String {
    String(repeating: opening, count: levels) + "x" + String(repeating: closing, count: levels)
  }

  @Test(arguments: [
    nested("(", ")", levels: depth), nested("sum(", ")", levels: depth),
    nested("abs(", ")", levels: depth), nested("", " or x", levels: depth),
    nested("", " + x", levels: depth), nested("x ^ ", "", levels: depth),
    nested("-(", ")", levels: depth / 2),
    nested("sum_over_time(", "[1ms:1ms])", levels: depth / 2),
  ])
  func `a query of the greatest depth is answered on a stack of 4 MiB`(query: String) async {
    let labels = Labels([("__name__", "x")])
    let source = InMemorySeries([
      Series(labels: labels, samples: SampleColumns(timestamps: [0], values: [1]))
    ])
    let count: Int? = await withCheckedContinuation { continuation in
      let thread = Thread {
        let time = Timestamp(milliseconds: 0)
        let answer = try? EngineEvaluator().answer(query, at: .instant(time), from: source)
        guard case .vector(let samples)? = answer?.value else {
          continuation.resume(returning: nil)
          return
        }
        continuation.resume(returning: samples.count)
      }
      thread.stackSize = 4 << 20
      thread.start()
    }
    #expect(count == 1)
  }
}
