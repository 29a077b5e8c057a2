import ArgumentParser
import FoundationEssentials
import HTTPTransport
import MetricTransfer

/// Another server that holds the samples, and how it is used.
struct RemoteStorageOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      A server with Prometheus' API, such as remote:http://prometheus:9090; its series are read \
      over the network. Where a command takes times, they count from an hour ago to now.
      """, valueName: "remote:url"),
    transform: RemoteStorageArgument.init(parsing:))
  var storage: RemoteStorageArgument?

  @Option(
    name: .customLong("storage.pushdown"),
    help: ArgumentHelp(
      """
      Which queries, or parts of queries, the server of --storage answers itself: off for none, \
      safe (the default) for those that its version answers as they are answered here, all for \
      whatever it may know, in the meaning they have there.
      """, valueName: "off|safe|all"))
  var pushdown: RemoteSeries.Delegated?

  func validate() throws {
    if storage == nil, pushdown != nil {
      throw ValidationError(
        "--storage.pushdown is about the server of --storage, which is missing; add one, such as "
          + "--storage remote:http://prometheus:9090, or leave --storage.pushdown out")
    }
  }

  /// The series of the server; nil when there is none.
  var series: RemoteSeries? {
    storage.map {
      RemoteSeries(
        $0.address, transport: HTTPTransport(), files: .disk, handingOn: pushdown ?? .equal)
    }
  }
}

extension RemoteSeries.Delegated: ExpressibleByArgument {}

/// `remote:` and the address of a server.
struct RemoteStorageArgument {
  let address: String

  /// - Throws: `ValidationError` with what is wrong and what would be right.
  init(parsing text: String) throws {
    let example = "such as remote:http://prometheus:9090"
    guard text.hasPrefix("remote:") else {
      throw ValidationError("it must begin with \"remote:\", \(example)")
    }
    address = String(text.dropFirst("remote:".count))
    let schemes = ["http", "https"]
    guard schemes.contains(where: { address.hasPrefix("\($0)://") }) else {
      throw ValidationError(
        "the address \"\(address)\" must begin with http:// or https://, \(example)")
    }
    guard let url = URL(string: address), url.host()?.isEmpty == false else {
      throw ValidationError("the address \"\(address)\" names no host, expected one \(example)")
    }
    guard url.query() == nil, url.fragment() == nil else {
      throw ValidationError(
        "the address \"\(address)\" must end with host, port or path, \(example), since paths of "
          + "the API are put behind it")
    }
  }
}
