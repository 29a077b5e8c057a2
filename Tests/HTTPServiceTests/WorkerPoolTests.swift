import PromQL
import Synchronization
import Testing

@testable import HTTPService

@Suite struct WorkerPoolTests {
  @Test func `every job runs once and gives its answer`() async {
    let pool = WorkerPool(threads: 3)
    let answers = await withTaskGroup(of: Int.self) { group in
      for index in 0..<500 {
        group.addTask { await pool.run { index } }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    pool.close()
    #expect(answers.sorted() == Array(0..<500))
  }

  @Test func `jobs that block do not hold up the cooperative pool`() async {
    let pool = WorkerPool(threads: 2)
    let gates = SleepingQueue<Int>()
    // Both threads sleep in their jobs; a task outside must still come to open the gates.
    async let first = pool.run { gates.pop() }
    async let second = pool.run { gates.pop() }
    let opened = await Task {
      gates.push(1)
      gates.push(1)
      return 2
    }.value
    let passed = [await first, await second].compactMap { $0 }.reduce(0, +)
    pool.close()
    #expect(passed == opened)
  }

  @Test func `a closed queue hands out the rest and then nothing`() {
    let queue = SleepingQueue<Int>()
    for element in 0..<100 { queue.push(element) }
    queue.close()
    #expect((0..<100).allSatisfy { queue.pop() == $0 })
    #expect(queue.pop() == nil)
  }

  @Test func `idle threads take their share of a large query`() async {
    let pool = WorkerPool(threads: 3)
    let total = await pool.run { () -> Int in
      let sum = Atomic(0)
      for _ in 0..<50 {
        pool.crew.run(100) { number in sum.add(number, ordering: .relaxed) }
      }
      return sum.load(ordering: .relaxed)
    }
    pool.close()
    #expect(total == 50 * 4950)
  }
}
