import Manifest

/// The bodies that the analyses' part of the server takes and gives, as JSON Schema.
enum OpenAPISchemas {
  static let all = (try? JSONValue(parsing: text)) ?? .null

  static func reference(_ name: String) -> JSONValue {
    .object(["$ref": .string("#/components/schemas/\(name)")])
  }

  static func enveloped(_ schema: JSONValue) -> JSONValue {
    .object([
      "type": .string("object"), "required": .array([.string("status"), .string("data")]),
      "properties": .object(["status": .object(["const": .string("success")]), "data": schema]),
    ])
  }

  /// Bodies as they are sent, by name.
  ///
  /// - Parameter templates: names of templates that are there.
  static func examples(of name: String, templates: [String]) -> [String: JSONValue] {
    guard let template = templates.first.map(JSONValue.string) else { return [:] }
    switch name {
    case "Order":
      return ["named": ["templateName": template, "args": ["canary-hash": "6d4b9c7f58"]]]
    case "StartingHook", "Hook":
      return [
        "canary": [
          "name": "podinfo", "namespace": "test", "phase": "Progressing", "checksum": "85d557f47b",
          "metadata": ["template": template],
        ]
      ]
    case "Canary":
      let scope: JSONValue = [
        "scope": "6d4b9c7f58", "start": "2026-01-01T00:00:00Z", "end": "2026-01-01T00:30:00Z",
      ]
      return [
        "half-hour": ["scopes": ["default": ["controlScope": scope, "experimentScope": scope]]]
      ]
    default: return [:]
    }
  }

  private static let text = #"""
    {
      "Error": {
        "type": "object",
        "required": ["status", "errorType", "error"],
        "properties": {
          "status": {"const": "error"},
          "errorType": {"type": "string"},
          "error": {"type": "string"}
        }
      },
      "Order": {
        "type": "object",
        "additionalProperties": false,
        "oneOf": [
          {"required": ["templateName"]}, {"required": ["templateNames"]},
          {"required": ["template"]}, {"required": ["templates"]}
        ],
        "properties": {
          "name": {
            "type": "string",
            "maxLength": 200,
            "pattern": "^[A-Za-z0-9][A-Za-z0-9._~-]*(/[A-Za-z0-9][A-Za-z0-9._~-]*){0,19}$",
            "description": "letters, digits and -._~ in up to 20 parts with / between them"
          },
          "templateName": {"type": "string"},
          "templateNames": {"type": "array", "minItems": 1, "items": {"type": "string"}},
          "template": {
            "type": "object", "description": "An AnalysisTemplate of argoproj.io/v1alpha1."
          },
          "templates": {
            "type": "array", "minItems": 1, "maxItems": 100, "items": {"type": "object"}
          },
          "args": {
            "type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}
          }
        }
      },
      "Run": {
        "type": "object",
        "description": "An AnalysisRun of argoproj.io/v1alpha1 with its status.",
        "required": ["apiVersion", "kind", "metadata", "spec", "status"]
      },
      "Record": {
        "type": "object", "description": "A run, and every event of it with the raw answers."
      },
      "Summary": {
        "type": "object",
        "required": ["name", "phase", "verdict", "reason", "metrics"],
        "properties": {
          "name": {"type": "string"},
          "phase": {
            "enum": ["Pending", "Running", "Successful", "Failed", "Error", "Inconclusive"]
          },
          "verdict": {
            "enum": [
              "running", "pass", "stopped", "inconclusive", "notEnoughEvidence", "notEnoughData",
              "noData", "fail", "error"
            ]
          },
          "reason": {"type": "string"},
          "startedAt": {"type": ["string", "null"], "format": "date-time"},
          "completedAt": {"type": ["string", "null"], "format": "date-time"},
          "metrics": {"type": "array", "items": {"type": "object"}}
        }
      },
      "Verdict": {
        "type": "object",
        "required": ["verdict", "score"],
        "properties": {
          "verdict": {"enum": ["pass", "fail", "inconclusive"]},
          "score": {"type": "number", "minimum": 0, "maximum": 100},
          "outcome": {"type": "string"},
          "phase": {"type": "string"},
          "reason": {"type": "string"}
        }
      },
      "Document": {"type": "object", "required": ["openapi", "info", "paths"]},
      "CanaryConfigs": {
        "type": "array", "items": {"type": "object", "required": ["id", "name"]}
      },
      "Canary": {
        "type": "object",
        "required": ["scopes"],
        "properties": {
          "scopes": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {
              "type": "object",
              "required": ["controlScope", "experimentScope"],
              "properties": {
                "controlScope": {"$ref": "#/components/schemas/CanaryScope"},
                "experimentScope": {"$ref": "#/components/schemas/CanaryScope"}
              }
            }
          },
          "thresholds": {"type": "object"}
        }
      },
      "CanaryScope": {
        "type": "object",
        "required": ["scope", "start", "end"],
        "properties": {
          "scope": {"type": "string"},
          "start": {"type": "string", "format": "date-time"},
          "end": {"type": "string", "format": "date-time"}
        }
      },
      "CanaryExecution": {
        "type": "object",
        "required": ["canaryExecutionId"],
        "properties": {"canaryExecutionId": {"type": "string"}}
      },
      "CanaryState": {
        "type": "object",
        "required": ["complete"],
        "properties": {"complete": {"type": "boolean"}}
      },
      "StartingHook": {
        "type": "object",
        "required": ["name", "namespace", "metadata"],
        "properties": {
          "name": {"type": "string"},
          "namespace": {"type": "string"},
          "phase": {"type": "string"},
          "checksum": {"type": "string"},
          "metadata": {
            "type": "object",
            "description": "The template's name, and its arguments.",
            "required": ["template"],
            "properties": {"template": {"type": "string"}},
            "additionalProperties": {"type": ["string", "number", "boolean"]}
          }
        }
      },
      "Hook": {
        "type": "object",
        "required": ["name", "namespace"],
        "properties": {
          "name": {"type": "string"},
          "namespace": {"type": "string"},
          "phase": {"type": "string"},
          "checksum": {"type": "string"},
          "metadata": {
            "type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}
          }
        }
      }
    }
    """#
}
