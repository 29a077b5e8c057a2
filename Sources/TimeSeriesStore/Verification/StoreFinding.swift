/// One thing that isn't as the store wrote it.
package struct StoreFinding: Equatable, Sendable, CustomStringConvertible {
  package enum Kind: String, Sendable {
    /// What unfinished work left; opening removes it.
    case leftover
    /// The incomplete end of a log, never acknowledged; opening cuts it off.
    case tornEnd = "torn end"
    /// Bytes that were on disk once and are wrong or gone.
    case damage
  }

  package var kind: Kind
  /// The file or directory.
  package var file: String
  /// Where in the file, when the finding has a place there.
  package var offset: Int?
  package var finding: String
  package var remedy: Remedy

  package var description: String {
    let place = offset.map { " at offset \($0)" } ?? ""
    return "\(file): \(kind.rawValue)\(place): \(finding); repair \(remedy)"
  }
}

/// What repair does about a finding. Everything but leftovers is copied aside first.
package enum Remedy: Equatable, Sendable, CustomStringConvertible {
  /// Removes what has no samples of its own.
  case remove
  /// Turns one bit back that the checksum names; nothing is lost.
  case turnBit(offset: Int, bit: Int)
  /// Ends a log after its last whole frame; what follows is lost.
  case cut(size: Int)
  /// Makes a log that is missing anew, empty; what was in it is lost.
  case replaceLog
  /// Writes a block again without the columns that can't be read.
  case salvage
  /// Moves a block away of which nothing can be read.
  case moveAside
  /// Deletions that can't be read are forgotten; the samples are seen again.
  case forgetDeletions
  /// A person must decide.
  case none

  package var description: String {
    switch self {
    case .remove: "removes it"
    case .turnBit(let offset, let bit): "turns bit \(bit) of the byte at \(offset) back"
    case .cut(let size): "cuts the log to its \(size) whole bytes"
    case .replaceLog: "puts an empty log in its place"
    case .salvage: "writes the block again without what can't be read"
    case .moveAside: "moves the block to \"damaged\""
    case .forgetDeletions: "forgets what was deleted of the block, which is seen again"
    case .none: "can't help: open it with the version that wrote it"
    }
  }
}

/// What a look at every byte of a store found.
package struct VerificationReport: Equatable, Sendable {
  /// Files read, and their bytes.
  package var files = 0
  package var sizeBytes = 0
  /// What could be read of blocks and logs.
  package var blocks = 0
  package var logs = 0
  package var samples = 0
  package var findings: [StoreFinding] = []

  /// Whether all bytes are as they were written; leftovers and a torn end are no damage.
  package var isWhole: Bool { !findings.contains { $0.kind == .damage } }
}

/// What a repair did.
package struct RepairReport: Equatable, Sendable {
  /// The findings, each with its remedy, in the order in which they were mended.
  package var mended: [StoreFinding] = []
  /// Copies of what was changed or moved away.
  package var copies: [String] = []
  /// The store afterwards.
  package var after: VerificationReport
}
