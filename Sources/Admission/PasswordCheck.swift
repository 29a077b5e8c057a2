internal import FoundationEssentials
internal import Synchronization

/// Compares passwords with their hashes, and remembers the latest answers, since each costs tens of
/// milliseconds by design and clients repeat theirs with every request.
final class PasswordCheck: Sendable {
  private let answers = Mutex<[Digest: Bool]>([:])
  private static let kept = 100
  /// Stands in for a user who doesn't exist, so that the time tells nothing; never lets
  /// anybody in.
  private static let nobody = "$2b$10$Cq5mSt0JYcVYQx4Bz0H7HeZWidkB2HBtpHu0Cn5PbcqrdfGyDe0D2"

  /// What is known without hashing; nil when it takes `decide`.
  func remembered(_ credentials: BasicCredentials, _ users: [String: String]) -> Bool? {
    let key = key(credentials, hash(credentials, users))
    return answers.withLock { $0[key] }
  }

  /// Takes as long as the hash's cost asks for; not for threads that serve others.
  func decide(_ credentials: BasicCredentials, _ users: [String: String]) -> Bool {
    let hash = hash(credentials, users)
    let matches = PasswordHash.matches(credentials.password, hash)
    let isRight = matches && users[credentials.user] != nil
    let key = key(credentials, hash)
    answers.withLock { answers in
      // Wrong guesses must not drive out those who belong here.
      if answers.count >= Self.kept { answers = answers.filter(\.value) }
      if answers.count >= Self.kept { answers = [:] }
      answers[key] = isRight
    }
    return isRight
  }

  private func hash(_ credentials: BasicCredentials, _ users: [String: String]) -> String {
    users[credentials.user] ?? Self.nobody
  }

  /// Neither names nor passwords stay in memory.
  private func key(_ credentials: BasicCredentials, _ hash: String) -> Digest {
    var bytes: [UInt8] = []
    for part in [credentials.user, hash, credentials.password] {
      bytes += Array("\(part.utf8.count):".utf8) + Array(part.utf8)
    }
    return Digest(of: bytes)
  }
}

/// `Authorization: Basic …` (RFC 7617).
struct BasicCredentials {
  var user: String
  var password: String

  init?(header: String) {
    let parts = header.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0].lowercased() == "basic",
      let bytes = FoundationEssentials.Data(base64Encoded: String(parts[1])),
      let text = String(validating: bytes, as: UTF8.self),
      let colon = text.firstIndex(of: ":")
    else { return nil }
    user = String(text[..<colon])
    password = String(text[text.index(after: colon)...])
  }
}
