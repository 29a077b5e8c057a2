extension NativeHistogram: CustomStringConvertible {
  /// As Prometheus prints histograms: `{count:3, sum:5, [-2,-1):1, (1,2]:2}`, empty buckets left
  /// out.
  package var description: String {
    var text = "{count:\(NumberText.general(count)), sum:\(NumberText.general(sum))"
    for bucket in buckets where bucket.count != 0 { text += ", \(bucket)" }
    return text + "}"
  }

  /// The notation of test scripts: `{{schema:1 count:3 sum:5 offset:1 buckets:[1 2]}}`, gaps
  /// filled with zeros.
  package var expression: String {
    var parts: [String] = []
    func add(_ key: String, _ number: Double) {
      if number != 0 { parts.append("\(key):\(NumberText.general(number))") }
    }
    func list(_ numbers: [Double]) -> String {
      numbers.map(NumberText.general).joined(separator: " ")
    }
    func add(_ side: HistogramBuckets, buckets: String, offset: String) {
      var side = side
      side.compact()
      guard let first = side.indices.first, let last = side.indices.last else { return }
      if first != 0 { parts.append("\(offset):\(first)") }
      guard Int(last) - Int(first) < Self.writtenBucketCountMax else {
        parts.append("\(buckets):[…]")
        return
      }
      var values = [Double](repeating: 0, count: Int(last) - Int(first) + 1)
      for (index, value) in zip(side.indices, side.values) { values[Int(index - first)] = value }
      parts.append("\(buckets):[\(list(values))]")
    }
    if schema != 0 { parts.append("schema:\(schema)") }
    add("count", count)
    add("sum", sum)
    add("z_bucket", zeroCount)
    add("z_bucket_w", zeroThreshold)
    if usesCustomBounds { parts.append("custom_values:[\(list(customBounds))]") }
    if hint != .unknown { parts.append("counter_reset_hint:\(hint.word)") }
    add(positive, buckets: "buckets", offset: "offset")
    add(negative, buckets: "n_buckets", offset: "n_offset")
    return "{{\(parts.joined(separator: " "))}}"
  }

  /// Notation that fills gaps must not fill the memory.
  private static var writtenBucketCountMax: Int { 1 << 20 }
}

extension HistogramBucket: CustomStringConvertible {
  /// In mathematical notation, with the population: `(1,2]:5`.
  package var description: String {
    "\(isLowerInclusive ? "[" : "(")\(NumberText.general(lower)),\(NumberText.general(upper))"
      + "\(isUpperInclusive ? "]" : ")"):\(NumberText.general(count))"
  }
}
