import Glibc
import MetricModel

/// Pods that are scraped for native histograms every 15 seconds; one pod of each version restarts.
struct NativeFleet {
  var fleet = ScrapedFleet([], until: 0, seed: 1)

  init(canarySpeed: Double, schema: Int32 = 3) {
    var draw = Normals(seed: 31)
    for (version, pods, speed) in [("stable", 4, 1.0), ("canary", 3, canarySpeed)] {
      for pod in 0..<pods {
        var counts: [Int32: Double] = [:]
        var samples = SampleColumns()
        for second in stride(from: -330, through: 400, by: 15) {
          if pod == 0, second > 0, second <= 15 { counts = [:] }
          for _ in 0..<150 {
            let value = 0.055 * speed * exp(0.43 * draw.next())
            // Bucket i ends at 2^(i/2^schema).
            counts[Int32((log2(value) * exp2(Double(schema))).rounded(.up)), default: 0] += 1
          }
          let ordered = counts.sorted { $0.key < $1.key }
          samples.histograms.append(
            Timestamp(milliseconds: Int64(second) * 1000),
            NativeHistogram(
              schema: schema, zeroThreshold: 0x1p-128, count: counts.values.reduce(0, +),
              positive: HistogramBuckets(indices: ordered.map(\.key), ordered.map(\.value))))
        }
        fleet.series.append(
          Series(
            labels: Labels([
              ("__name__", "latency"), ("version", version), ("pod", "\(version)-\(pod)"),
            ]), samples: samples))
      }
    }
  }
}
