/// What a test looks for. The first arm is the canary: `greater` means a larger canary.
package enum Alternative: String, Sendable, Hashable, Codable, CaseIterable {
  /// The canary is larger than the baseline.
  case greater
  /// The canary is smaller than the baseline.
  case less
  /// The arms differ, in either direction.
  case twoSided
}
