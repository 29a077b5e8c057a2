/// A piece of a template.
indirect enum TemplateNode: Sendable {
  case text(String)
  case action(TemplatePipeline)
  case conditional(TemplatePipeline, then: [TemplateNode], otherwise: [TemplateNode])
  /// Like `conditional`, with the value as the dot of `then`.
  case with(TemplatePipeline, then: [TemplateNode], otherwise: [TemplateNode])
  case range(TemplatePipeline, body: [TemplateNode], otherwise: [TemplateNode])
  case invoke(String, TemplatePipeline?, TemplatePlace)
  case leaveLoop
  case nextRound
}

/// `$a, $b := first | second arg`.
struct TemplatePipeline: Sendable {
  /// Names with their `$`; two only in `range`.
  var variables: [String] = []
  /// `:=` makes variables, `=` changes those there are.
  var declares = true
  var commands: [TemplateCommand]
}

/// A call, or an operand alone.
struct TemplateCommand: Sendable {
  var operands: [TemplateOperand]
  /// As written, for messages.
  var source: String
}

/// A word of a command.
struct TemplateOperand: Sendable {
  indirect enum Kind: Sendable {
    case dot
    case none
    case value(TemplateValue)
    /// `.a.b` of the dot.
    case field
    /// `$x.a.b`.
    case variable(String)
    case function(String)
    case group(TemplatePipeline)
  }

  var kind: Kind
  /// The chain of fields that follows without a blank.
  var fields: [String] = []
  var place: TemplatePlace
  var source: String
}
