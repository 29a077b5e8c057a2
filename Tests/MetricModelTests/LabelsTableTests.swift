import MetricModel
import Testing

@Suite struct LabelsTableTests {
  @Test func `sets are numbered as they come, each once`() {
    var table = LabelsTable()
    let names = Labels.sortedBytes(["job", "az"])
    let numbers = [
      Labels([("__name__", "up"), ("az", "a"), ("job", "api"), ("pod", "1")]),
      Labels([("__name__", "up"), ("az", "a"), ("job", "api"), ("pod", "2")]),
      Labels([("__name__", "up"), ("job", "api")]), .empty, Labels([("pod", "3")]),
    ].map { table.number(ofPicking: names, keepsListed: true, from: $0) }
    #expect(numbers == [0, 0, 1, 2, 2])
    #expect(
      table.labels == [Labels([("az", "a"), ("job", "api")]), Labels([("job", "api")]), .empty])
  }

  @Test func `what is left without some labels is what picking leaves`() {
    var table = LabelsTable()
    let names = Labels.sortedBytes(["__name__", "le", "nothing"])
    for bound in ["0.1", "0.2", "+Inf"] {
      for pod in ["a", "b", "c"] {
        let series = Labels([("__name__", "seconds_bucket"), ("le", bound), ("pod", pod)])
        let number = table.number(ofPicking: names, keepsListed: false, from: series)
        #expect(table.labels[number] == series.picking(names, keepsListed: false))
        #expect(table.labels[number] == Labels([("pod", pod)]))
      }
    }
    #expect(table.labels.count == 3)
  }
}
