import Manifest

/// An operation in the form of OpenAPI 3.1.
extension OpenAPIOperation {
  /// The name of the one part of the path that is open.
  private var openPart: String? {
    guard let open = path.firstIndex(of: "{"), let close = path.firstIndex(of: "}") else {
      return nil
    }
    return String(path[path.index(after: open)..<close])
  }

  /// That part.
  var parameter: JSONValue? {
    openPart.map {
      .object([
        "name": .string($0), "in": .string("path"), "required": .bool(true),
        "schema": .object(["type": .string("string"), "minLength": .integer(1)]),
      ])
    }
  }

  /// - Parameter templates: the names that examples may use.
  func json(templates: [String]) -> JSONValue {
    var responses: [String: JSONValue] = [:]
    for (status, meaning, content) in answers {
      responses[String(status)] = response(meaning, content, isGood: status < 300)
    }
    for status in errors {
      responses[String(status)] = response("What is wrong.", .json("Error"))
    }
    responses["401"] = response("Who asks isn't known.", .text)
    var fields: [String: JSONValue] = [
      "operationId": .string(id), "summary": .string(summary),
      "tags": .array([.string(tag)]),
    ]
    if let body {
      responses["413"] = response("The body is larger than 1 MiB.", .text)
      fields["requestBody"] = .object([
        "required": .bool(true),
        "content": Self.media(
          "application/json", OpenAPISchemas.reference(body),
          examples: OpenAPISchemas.examples(of: body, templates: templates)),
      ])
    }
    fields["responses"] = .object(responses)
    return .object(fields)
  }

  /// Whose contract it is.
  private var tag: String {
    path.hasPrefix("/flagger") ? "flagger" : path.hasPrefix("/canary") ? "kayenta" : "analyses"
  }

  private func response(
    _ meaning: String, _ content: Content, isGood: Bool = false
  ) -> JSONValue {
    var fields = ["description": JSONValue.string(meaning)]
    fields["content"] =
      switch content {
      case .nothing: nil
      case .data(let name):
        Self.media("application/json", OpenAPISchemas.enveloped(OpenAPISchemas.reference(name)))
      case .list(let name):
        Self.media(
          "application/json",
          OpenAPISchemas.enveloped(
            .object(["type": .string("array"), "items": OpenAPISchemas.reference(name)])))
      case .json(let name): Self.media("application/json", OpenAPISchemas.reference(name))
      case .text: Self.media("text/plain", .object(["type": .string("string")]))
      case .events: Self.media("text/event-stream", .object(["type": .string("string")]))
      }
    if isGood, let names {
      fields["links"] = .object(
        Dictionary(
          names.operations.map { ($0, Self.link(to: $0, names.pointer)) },
          uniquingKeysWith: { first, _ in first }))
    }
    return .object(fields)
  }

  private static func link(to id: String, _ pointer: String) -> JSONValue {
    let part = all.first { $0.id == id }?.openPart ?? "name"
    return .object([
      "operationId": .string(id),
      "parameters": .object([part: .string("$response.body#\(pointer)")]),
    ])
  }

  private static func media(
    _ type: String, _ schema: JSONValue, examples: [String: JSONValue] = [:]
  ) -> JSONValue {
    var fields = ["schema": schema]
    if !examples.isEmpty {
      fields["examples"] = .object(examples.mapValues { .object(["value": $0]) })
    }
    return .object([type: .object(fields)])
  }
}
