internal import FoundationEssentials
internal import Manifest
internal import Synchronization
internal import YAMLReader

/// A value made of files, made anew when one of them has changed.
///
/// A change is seen by whoever asks next. What can't be read gives an error to all who ask, until
/// it is mended: going on with what stood there before would let in whom an operator has removed.
final class WatchedFiles<Value: Sendable>: Sendable {
  private struct State {
    var stamps: [String: FileStamp] = [:]
    var made: Result<Value, AdmissionError>?
  }

  private let make: @Sendable (_ reading: inout FileReading) throws(AdmissionError) -> Value
  private let state = Mutex(State())

  /// - Parameter make: what it reads through its argument is watched.
  init(_ make: @escaping @Sendable (inout FileReading) throws(AdmissionError) -> Value) {
    self.make = make
  }

  func current() throws(AdmissionError) -> Value {
    let result = state.withLock { state in
      if let made = state.made,
        state.stamps.allSatisfy({ FileStamp($0.key) == $0.value })
      {
        return made
      }
      var reading = FileReading()
      let made = Result { () throws(AdmissionError) in try make(&reading) }
      state = State(stamps: reading.stamps, made: made)
      return made
    }
    return try result.get()
  }
}

/// Reads files and remembers which, as they were before they were read.
struct FileReading {
  private(set) var stamps: [String: FileStamp] = [:]
  private static let bytesMax = 4 << 20

  mutating func bytes(_ path: String) throws(AdmissionError) -> [UInt8] {
    stamps[path] = FileStamp(path)
    do {
      let bytes = [UInt8](try FoundationEssentials.Data(contentsOf: URL(filePath: path)))
      guard bytes.count <= Self.bytesMax else {
        throw AdmissionError("\(path): larger than \(Self.bytesMax) bytes")
      }
      return bytes
    } catch let error as AdmissionError {
      throw error
    } catch {
      throw AdmissionError("\(path): can't be read: \(Self.reason(error))")
    }
  }

  /// Foundation describes what happened by domains and codes.
  private static func reason(_ error: any Error) -> String {
    switch (error as? CocoaError)?.code {
    case .fileReadNoSuchFile?, .fileNoSuchFile?: "there is no such file"
    case .fileReadNoPermission?: "permission denied"
    default: "\(error)"
    }
  }

  /// The one document of a YAML file; nil for an empty one.
  mutating func document(_ path: String) throws(AdmissionError) -> ManifestNode? {
    guard let text = String(validating: try bytes(path), as: UTF8.self) else {
      throw AdmissionError("\(path): is not UTF-8")
    }
    do throws(ManifestError) {
      let documents = try YAMLReader.documents(in: text)
      guard documents.count <= 1 else {
        throw ManifestError("a second document, expected one", at: documents[1], path: "")
      }
      return documents.first
    } catch {
      throw AdmissionError("\(path):\(error)")
    }
  }
}

/// Paths in files are relative to the folder of the file.
enum FilePlace {
  static func resolved(_ path: String, beside file: String) -> String {
    guard !path.isEmpty, !path.hasPrefix("/"), let slash = file.lastIndex(of: "/") else {
      return path
    }
    return file[...slash] + path
  }
}
