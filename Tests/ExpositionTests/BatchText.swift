import MetricModel

/// A batch as lines `labels value milliseconds`, in the order of its rows.
func lines(of batch: SampleBatch) -> [String] {
  (0..<batch.count).map { row in
    "\(batch.labels[Int(batch.series[row])]) \(NumberText.json(batch.values[row])) "
      + "\(batch.timestamps[row])"
  }
}
