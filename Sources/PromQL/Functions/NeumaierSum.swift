/// A sum whose rounding errors are kept and added at the end (Neumaier 1974, doi:10.1002/
/// zamm.19740540106),
/// step by step as Prometheus does it, because its results are compared bit by bit with scripts.
///
/// An infinite sum drops the correction, which would otherwise be infinity minus infinity.
struct NeumaierSum {
  var sum: Double
  var correction: Double

  init(_ sum: Double = 0, correction: Double = 0) {
    self.sum = sum
    self.correction = correction
  }

  @inline(__always) mutating func add(_ value: Double) {
    let total = sum + value
    if total.magnitude > Double.greatestFiniteMagnitude {
      correction = 0
    } else if sum.magnitude >= value.magnitude {
      correction += (sum - total) + value
    } else {
      correction += (value - total) + sum
    }
    sum = total
  }

  var total: Double { sum + correction }
}

/// A mean by the sum, or by running means from where the sum would overflow.
struct NeumaierMean {
  private var running: NeumaierSum
  private var count = 1.0
  private var isIncremental = false

  init(_ first: Double) {
    running = NeumaierSum(first)
  }

  @inline(__always) mutating func add(_ value: Double) {
    count += 1
    if !isIncremental {
      var next = running
      next.add(value)
      if !next.sum.isInfinite {
        running = next
        return
      }
      isIncremental = true
      running.sum /= count - 1
      running.correction /= count - 1
    }
    let share = (count - 1) / count
    running.sum = share * running.sum
    running.correction = share * running.correction
    running.add(value / count)
  }

  var mean: Double {
    isIncremental ? running.total : running.sum / count + running.correction / count
  }
}
