package import MetricModel

/// Something to scrape, after relabelling.
package struct ScrapeTarget: Equatable, Sendable {
  /// What its samples get: those of the target without the ones that only steer scraping.
  package var labels: Labels
  package var url: String
  package var interval: Milliseconds
  package var timeout: Milliseconds
  /// The position of its job in the configuration.
  package var job: Int
  /// What was found before relabelling, for those who look for lost targets.
  package var discovered: Labels

  package init(
    labels: Labels, url: String, interval: Milliseconds, timeout: Milliseconds, job: Int,
    discovered: Labels
  ) {
    self.labels = labels
    self.url = url
    self.interval = interval
    self.timeout = timeout
    self.job = job
    self.discovered = discovered
  }

  /// Two targets that agree in this are one.
  package var identity: Identity { Identity(labels: labels, url: url) }

  package struct Identity: Hashable, Sendable {
    package var labels: Labels
    package var url: String
  }

  /// A number that spreads targets over an interval, the same in each run (FNV-1a).
  var spread: UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in Array(labels.description.utf8) + Array(url.utf8) {
      hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
    }
    return hash
  }
}

/// What became of a discovered address.
package enum TargetOutcome: Equatable, Sendable {
  case target(ScrapeTarget)
  /// A rule dropped it.
  case dropped(Labels)
  /// It can't be scraped, with the reason.
  case invalid(Labels, String)
}

extension ScrapeJob {
  /// The targets of groups, those that are written in the configuration and others found in files.
  ///
  /// - Parameter position: of this job in the configuration.
  package func targets(of groups: [TargetGroup], position: Int) -> [TargetOutcome] {
    groups.flatMap { group in
      group.addresses.map { address in
        outcome(discovered(address, group.labels), position: position)
      }
    }
  }

  /// Labels before relabelling.
  private func discovered(_ address: String, _ labels: Labels) -> Labels {
    var builder = LabelsBuilder(labels)
    builder.set("__address__", address)
    func fill(_ name: String, _ value: String) {
      if labels[name] == nil { builder.set(name, value) }
    }
    fill("job", name)
    fill("__scrape_interval__", interval.description)
    fill("__scrape_timeout__", timeout.description)
    fill("__metrics_path__", metricsPath)
    fill("__scheme__", scheme)
    for parameter in parameters {
      if let value = parameter.values.first { builder.set("__param_\(parameter.name)", value) }
    }
    return builder.labels
  }

  private func outcome(_ discovered: Labels, position: Int) -> TargetOutcome {
    guard let labels = RelabelRule.apply(relabelings, to: discovered) else {
      return .dropped(discovered)
    }
    let address = labels["__address__"] ?? ""
    func invalid(_ reason: String) -> TargetOutcome { .invalid(discovered, reason) }
    if address.isEmpty { return invalid("no address") }
    if address.utf8.contains(UInt8(ascii: "/")) {
      return invalid("\(GoText.quoted(address)) is not a valid hostname")
    }
    let intervalText = labels["__scrape_interval__"] ?? ""
    guard let interval = Milliseconds(parsing: intervalText), interval.count > 0 else {
      return invalid("error parsing scrape interval: \(GoText.quoted(intervalText))")
    }
    let timeoutText = labels["__scrape_timeout__"] ?? ""
    guard let timeout = Milliseconds(parsing: timeoutText), timeout.count > 0 else {
      return invalid("error parsing scrape timeout: \(GoText.quoted(timeoutText))")
    }
    guard timeout <= interval else {
      return invalid(
        "scrape timeout cannot be greater than scrape interval "
          + "(\(GoText.quoted(timeoutText)) > \(GoText.quoted(intervalText)))")
    }
    var kept = LabelsBuilder()
    labels.forEach { name, value in
      let name = String(decoding: name, as: UTF8.self)
      if !name.hasPrefix("__") { kept.set(name, String(decoding: value, as: UTF8.self)) }
    }
    if labels["instance"] == nil { kept.set("instance", address) }
    return .target(
      ScrapeTarget(
        labels: kept.labels, url: url(labels, address), interval: interval, timeout: timeout,
        job: position, discovered: discovered))
  }

  private func url(_ labels: Labels, _ address: String) -> String {
    var all: [String: [String]] = [:]
    for parameter in parameters { all[parameter.name] = parameter.values }
    labels.forEach { name, value in
      let name = String(decoding: name, as: UTF8.self)
      guard name.hasPrefix("__param_") else { return }
      let key = String(name.dropFirst("__param_".count))
      // Relabelling changes the first value and leaves the others.
      all[key] =
        [String(decoding: value, as: UTF8.self)] + (all[key]?.dropFirst().map(\.self) ?? [])
    }
    let fields = all.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      .flatMap { name, values in values.map { (name, $0) } }
    let base = "\(labels["__scheme__"] ?? "http")://\(address)\(labels["__metrics_path__"] ?? "")"
    return fields.isEmpty ? base : "\(base)?\(PercentEncoding.form(fields))"
  }
}
