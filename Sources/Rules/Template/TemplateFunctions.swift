internal import MetricModel

/// Why a function of a template gave nothing.
enum TemplateCallError: Error {
  /// It was called with the wrong arguments.
  case misuse(String)
  /// It was called rightly and failed.
  case failed(String)
}

extension TemplateFunctions {
  private typealias Call =
    @Sendable (TemplateFunctions, Arguments) throws(TemplateCallError)
    -> TemplateValue

  /// What a function was given, with Go's complaints about types.
  struct Arguments {
    let values: [TemplateValue]

    func text(_ index: Int) throws(TemplateCallError) -> String {
      guard case .text(let text) = values[index] else { throw wrongType(index, "string") }
      return text
    }

    func list(_ index: Int) throws(TemplateCallError) -> [TemplateValue] {
      guard case .list(let list) = values[index] else {
        throw wrongType(index, "template.queryResult")
      }
      return list
    }

    func sample(_ index: Int) throws(TemplateCallError) -> [String: TemplateValue] {
      guard case .fields("template.sample", let fields) = values[index] else {
        throw wrongType(index, "*template.sample")
      }
      return fields
    }

    private func wrongType(_ index: Int, _ expected: String) -> TemplateCallError {
      .misuse("wrong type for value; expected \(expected); got \(values[index].typeName)")
    }

    /// A number, or a text that spells one.
    func number(_ index: Int) throws(TemplateCallError) -> Double {
      switch values[index] {
      case .number(let number): return number
      case .integer(let integer): return Double(integer)
      case .duration(let nanoseconds): return Double(nanoseconds) / 1e9
      case .text(let text):
        guard let number = NumberText.parseDecimal(text.utf8) else {
          throw .failed("strconv.ParseFloat: parsing \(GoText.quoted(text)): invalid syntax")
        }
        return number
      case let other: throw .failed("can't convert \(other.typeName) to float")
      }
    }
  }

  /// A function with how many arguments it takes.
  private struct Row: Sendable {
    var count: ClosedRange<Int>
    var call: Call

    init(_ count: ClosedRange<Int>, _ call: @escaping Call) {
      self.count = count
      self.call = call
    }

    init(_ count: Int, _ call: @escaping Call) { self.init(count...count, call) }
  }

  private static let many = 1_000

  /// Names that a template may call.
  static let names: Set<String> = Set(Array(table.keys) + ["and", "or"])

  func call(
    _ name: String, _ arguments: [TemplateValue]
  ) throws(TemplateCallError) -> TemplateValue {
    guard let row = Self.table[name] else {
      throw .misuse("\(GoText.quoted(name)) is not a defined function")
    }
    guard row.count.contains(arguments.count) else {
      let wanted = row.count.lowerBound
      let least = row.count.upperBound == Self.many ? "at least \(wanted)" : "\(wanted)"
      throw .misuse("wrong number of args for \(name): want \(least) got \(arguments.count)")
    }
    return try row.call(self, Arguments(values: arguments))
  }

  private static let table: [String: Row] = queries.merging(texts) { first, _ in first }
    .merging(numbers) { first, _ in first }
    .merging(comparisons) { first, _ in first }

  private static let queries: [String: Row] = [
    "query": Row(1) { (functions, arguments) throws(TemplateCallError) in
      let text = try arguments.text(0)
      do throws(TemplateQueryError) {
        return .list(try functions.query(text).map(Self.sample))
      } catch {
        throw .failed(error.description)
      }
    },
    "first": Row(1) { (_, arguments) throws(TemplateCallError) in
      guard let first = try arguments.list(0).first else {
        throw .failed("first() called on vector with no elements")
      }
      return first
    },
    "label": Row(2) { (_, arguments) throws(TemplateCallError) in
      .text(labelText(try arguments.text(0), of: try arguments.sample(1)))
    },
    "value": Row(1) { (_, arguments) throws(TemplateCallError) in
      try arguments.sample(0)["Value"] ?? .missing
    },
    "strvalue": Row(1) { (_, arguments) throws(TemplateCallError) in
      .text(labelText("__value__", of: try arguments.sample(0)))
    },
    "sortByLabel": Row(2) { (_, arguments) throws(TemplateCallError) in
      let label = try arguments.text(0)
      var keyed: [(key: String, index: Int, element: TemplateValue)] = []
      for (index, element) in try arguments.list(1).enumerated() {
        guard case .fields(_, let fields) = element else { continue }
        keyed.append((labelText(label, of: fields), index, element))
      }
      return .list(keyed.sorted { ($0.key, $0.index) < ($1.key, $1.index) }.map(\.element))
    },
    "args": Row(0...many) { (_, arguments) throws(TemplateCallError) in
      let named = arguments.values.enumerated().map { ("arg\($0)", $1) }
      return .map(Dictionary(named) { _, last in last }, otherwise: .missing)
    },
  ]

  private static func labelText(_ name: String, of fields: [String: TemplateValue]) -> String {
    guard case .map(let labels, _) = fields["Labels"], case .text(let text) = labels[name]
    else { return "" }
    return text
  }

  private static func sample(_ sample: VectorSample) -> TemplateValue {
    .fields(
      type: "template.sample",
      ["Labels": .labels(sample.labels), "Value": .number(sample.value.number ?? 0)])
  }

  private static let texts: [String: Row] = [
    "reReplaceAll": Row(3) { (_, arguments) throws(TemplateCallError) in
      let pattern = try regex(try arguments.text(0))
      return .text(
        pattern.replacingAll(in: try arguments.text(2), with: try arguments.text(1)))
    },
    "match": Row(2) { (_, arguments) throws(TemplateCallError) in
      .bool(try regex(try arguments.text(0)).matchesPart(of: try arguments.text(1)))
    },
    "safeHtml": Row(1) { (_, arguments) throws(TemplateCallError) in
      .text(try arguments.text(0))
    },
    "title": Row(1) { (_, arguments) throws(TemplateCallError) in
      .text(HostText.title(try arguments.text(0)))
    },
    "toUpper": Row(1) { (_, arguments) throws(TemplateCallError) in
      .text(try arguments.text(0).uppercased())
    },
    "toLower": Row(1) { (_, arguments) throws(TemplateCallError) in
      .text(try arguments.text(0).lowercased())
    },
    "stripPort": Row(1) { (_, arguments) throws(TemplateCallError) in
      .text(HostText.withoutPort(try arguments.text(0)))
    },
    "stripDomain": Row(1) { (_, arguments) throws(TemplateCallError) in
      .text(HostText.withoutDomain(try arguments.text(0)))
    },
    "graphLink": Row(1) { (_, arguments) throws(TemplateCallError) in
      .text("/graph?g0.expr=\(HostText.queryEscaped(try arguments.text(0)))&g0.tab=0")
    },
    "tableLink": Row(1) { (_, arguments) throws(TemplateCallError) in
      .text("/graph?g0.expr=\(HostText.queryEscaped(try arguments.text(0)))&g0.tab=1")
    },
    "urlQueryEscape": Row(1) { (_, arguments) throws(TemplateCallError) in
      .text(HostText.queryEscaped(try arguments.text(0)))
    },
    "urlquery": Row(0...many) { (_, arguments) throws(TemplateCallError) in
      .text(HostText.queryEscaped(arguments.values.map(\.printed).joined()))
    },
    "html": Row(0...many) { (_, arguments) throws(TemplateCallError) in
      .text(HostText.htmlEscaped(arguments.values.map(\.printed).joined()))
    },
    "pathPrefix": Row(0) { (functions, _) throws(TemplateCallError) in
      .text(HostText.path(ofURL: functions.externalURL))
    },
    "externalURL": Row(0) { (functions, _) throws(TemplateCallError) in
      .text(functions.externalURL)
    },
    "print": Row(0...many) { (_, arguments) throws(TemplateCallError) in
      .text(GoPrinting.print(arguments.values))
    },
    "println": Row(0...many) { (_, arguments) throws(TemplateCallError) in
      .text(arguments.values.map(\.printed).joined(separator: " ") + "\n")
    },
    "printf": Row(1...many) { (_, arguments) throws(TemplateCallError) in
      .text(
        GoPrinting.format(try arguments.text(0), Array(arguments.values.dropFirst())))
    },
    "len": Row(1) { (_, arguments) throws(TemplateCallError) in
      switch arguments.values[0] {
      case .text(let text): return .integer(Int64(text.utf8.count))
      case .list(let list): return .integer(Int64(list.count))
      case .map(let fields, _): return .integer(Int64(fields.count))
      case let other: throw .failed("len of type \(other.typeName)")
      }
    },
    "index": Row(1...many) { (_, arguments) throws(TemplateCallError) in
      var value = arguments.values[0]
      for key in arguments.values.dropFirst() { value = try element(key, of: value) }
      return value
    },
  ]

  private static func regex(_ pattern: String) throws(TemplateCallError) -> RegexMatcher {
    do throws(RegexError) {
      return try RegexMatcher(pattern)
    } catch {
      throw .failed(error.description)
    }
  }

  private static func element(
    _ key: TemplateValue, of value: TemplateValue
  ) throws(TemplateCallError) -> TemplateValue {
    switch (value, key) {
    case (.map(let fields, let otherwise), .text(let name)): return fields[name] ?? otherwise
    case (.list(let list), .integer(let index)):
      guard list.indices.contains(Int(index)) else {
        throw .failed("error calling index: index out of range: \(index)")
      }
      return list[Int(index)]
    default: throw .failed("can't index item of type \(value.typeName)")
    }
  }

  private static let numbers: [String: Row] = [
    "humanize": Row(1) { (_, arguments) throws(TemplateCallError) in
      .text(Humanized.decimal(try arguments.number(0)))
    },
    "humanize1024": Row(1) { (_, arguments) throws(TemplateCallError) in
      .text(Humanized.binary(try arguments.number(0)))
    },
    "humanizeDuration": Row(1) { (_, arguments) throws(TemplateCallError) in
      .text(Humanized.duration(try arguments.number(0)))
    },
    "humanizePercentage": Row(1) { (_, arguments) throws(TemplateCallError) in
      .text(Humanized.fourDigits(try arguments.number(0) * 100) + "%")
    },
    "humanizeTimestamp": Row(1) { (_, arguments) throws(TemplateCallError) in
      let seconds = try arguments.number(0)
      guard seconds.isFinite else { return .text(Humanized.fourDigits(seconds)) }
      return .text(try time(seconds).printed)
    },
    "toTime": Row(1) { (_, arguments) throws(TemplateCallError) in
      let seconds = try arguments.number(0)
      guard seconds.isFinite else { throw .failed("value is NaN or Inf") }
      return try time(seconds)
    },
    "toDuration": Row(1) { (_, arguments) throws(TemplateCallError) in
      let nanoseconds = (try arguments.number(0) * 1e9).rounded(.towardZero)
      guard let exact = Int64(exactly: nanoseconds) else {
        throw .failed("\(NumberText.general(nanoseconds / 1e9)) is too long for a duration")
      }
      return .duration(exact)
    },
    "now": Row(0) { (functions, _) throws(TemplateCallError) in
      .number(Double(functions.now.milliseconds) / 1000)
    },
    "parseDuration": Row(1) { (_, arguments) throws(TemplateCallError) in
      let text = try arguments.text(0)
      let isNegative = text.hasPrefix("-")
      guard let duration = Milliseconds(parsing: isNegative ? text.dropFirst() : text[...])
      else { throw .failed("not a valid duration string: \(GoText.quoted(text))") }
      return .number(isNegative ? -duration.seconds : duration.seconds)
    },
  ]

  private static func time(_ seconds: Double) throws(TemplateCallError) -> TemplateValue {
    let nanoseconds = (seconds * 1e9).rounded(.towardZero)
    guard let exact = Int64(exactly: nanoseconds) else {
      throw .failed(
        "\(NumberText.general(seconds)) cannot be represented as a nanoseconds timestamp since "
          + "it overflows int64")
    }
    // Prometheus' times have milliseconds.
    return .time(exact / 1_000_000 * 1_000_000)
  }

  private static let comparisons: [String: Row] = [
    "not": Row(1) { (_, arguments) throws(TemplateCallError) in .bool(!arguments.values[0].isTrue)
    },
    "eq": Row(2...many) { (_, arguments) throws(TemplateCallError) in
      for other in arguments.values.dropFirst()
      where try order(arguments.values[0], other, isEquality: true) == 0 {
        return .bool(true)
      }
      return .bool(false)
    },
    "ne": Row(2) { (_, arguments) throws(TemplateCallError) in
      .bool(try order(arguments.values[0], arguments.values[1], isEquality: true) != 0)
    },
    "lt": Row(2) { (_, arguments) throws(TemplateCallError) in
      .bool(try order(arguments.values[0], arguments.values[1]) == -1)
    },
    "le": Row(2) { (_, arguments) throws(TemplateCallError) in
      .bool([-1, 0].contains(try order(arguments.values[0], arguments.values[1])))
    },
    "gt": Row(2) { (_, arguments) throws(TemplateCallError) in
      .bool(try order(arguments.values[0], arguments.values[1]) == 1)
    },
    "ge": Row(2) { (_, arguments) throws(TemplateCallError) in
      .bool([0, 1].contains(try order(arguments.values[0], arguments.values[1])))
    },
  ]

  /// -1, 0 or 1; nil where NaN takes part.
  private static func order(
    _ left: TemplateValue, _ right: TemplateValue, isEquality: Bool = false
  ) throws(TemplateCallError) -> Int? {
    func order<Value: Comparable>(_ left: Value, _ right: Value) -> Int? {
      left == right ? 0 : left < right ? -1 : left > right ? 1 : nil
    }
    switch (left, right) {
    case (.integer(let left), .integer(let right)): return order(left, right)
    case (.number(let left), .number(let right)): return order(left, right)
    case (.text(let left), .text(let right)): return order(left, right)
    case (.duration(let left), .duration(let right)): return order(left, right)
    case (.bool(let left), .bool(let right)) where isEquality: return left == right ? 0 : nil
    case (.missing, .missing) where isEquality: return 0
    case (.missing, _) where isEquality, (_, .missing) where isEquality: return nil
    case (.bool, .bool), (.map, .map), (.list, .list): throw .failed("invalid type for comparison")
    default: throw .failed("incompatible types for comparison")
    }
  }
}
