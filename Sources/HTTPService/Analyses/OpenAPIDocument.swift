/// What the analyses' part of the server answers, for people and for programs that make clients.
enum OpenAPIDocument {
  static let text = #"""
    {
      "openapi": "3.1.0",
      "info": {
        "title": "Assay: analyses",
        "version": "1",
        "description": "AnalysisRuns: create, watch, cancel; and the contracts by which Argo's \#
    web and kayenta providers and Flagger's webhooks ask for verdicts."
      },
      "paths": {
        "/api/v1/analyses": {
          "get": {
            "summary": "All runs by name.",
            "tags": ["analyses"],
            "responses": {
              "200": {
                "description": "The runs.",
                "content": {
                  "application/json": {
                    "schema": {
                      "type": "object",
                      "required": ["status", "data"],
                      "properties": {
                        "status": {"const": "success"},
                        "data": {"type": "array", "items": {"$ref": "#/components/schemas/Summary"}}
                      }
                    }
                  }
                }
              }
            }
          },
          "post": {
            "summary": "Starts a run; the same run again is answered, not started twice.",
            "tags": ["analyses"],
            "responses": {
              "200": {
                "description": "It goes on already.",
                "content": {
                  "application/json": {
                    "schema": {
                      "type": "object",
                      "required": ["status", "data"],
                      "properties": {
                        "status": {"const": "success"},
                        "data": {"$ref": "#/components/schemas/Run"}
                      }
                    }
                  }
                }
              },
              "201": {
                "description": "Started.",
                "content": {
                  "application/json": {
                    "schema": {
                      "type": "object",
                      "required": ["status", "data"],
                      "properties": {
                        "status": {"const": "success"},
                        "data": {"$ref": "#/components/schemas/Run"}
                      }
                    }
                  }
                }
              },
              "400": {
                "description": "What is wrong.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
              },
              "404": {
                "description": "What is wrong.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
              },
              "413": {"description": "The body is larger than 1 MiB."},
              "503": {
                "description": "What is wrong.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
              }
            },
            "requestBody": {
              "required": true,
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}}
            }
          }
        },
        "/api/v1/analyses/{name}": {
          "parameters": [{"name": "name", "in": "path", "required": true, "schema": {"type": \#
    "string"}}],
          "get": {
            "summary": "A run with its state.",
            "tags": ["analyses"],
            "responses": {
              "200": {
                "description": "The run.",
                "content": {
                  "application/json": {
                    "schema": {
                      "type": "object",
                      "required": ["status", "data"],
                      "properties": {
                        "status": {"const": "success"},
                        "data": {"$ref": "#/components/schemas/Run"}
                      }
                    }
                  }
                }
              },
              "400": {
                "description": "What is wrong.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
              },
              "404": {
                "description": "What is wrong.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
              }
            }
          },
          "delete": {
            "summary": "Forgets an ended run.",
            "tags": ["analyses"],
            "responses": {
              "204": {"description": "Forgotten."},
              "400": {
                "description": "What is wrong.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
              },
              "404": {
                "description": "What is wrong.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
              }
            }
          }
        },
        "/api/v1/analyses/{name}/cancel": {
          "parameters": [{"name": "name", "in": "path", "required": true, "schema": {"type": \#
    "string"}}],
          "post": {
            "summary": "Asks a run to stop.",
            "tags": ["analyses"],
            "responses": {
              "202": {
                "description": "It ends.",
                "content": {
                  "application/json": {
                    "schema": {
                      "type": "object",
                      "required": ["status", "data"],
                      "properties": {
                        "status": {"const": "success"},
                        "data": {"$ref": "#/components/schemas/Run"}
                      }
                    }
                  }
                }
              },
              "400": {
                "description": "What is wrong.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
              },
              "404": {
                "description": "What is wrong.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
              }
            }
          }
        },
        "/api/v1/analyses/{name}/events": {
          "parameters": [{"name": "name", "in": "path", "required": true, "schema": {"type": \#
    "string"}}],
          "get": {
            "summary": "The run after each change, as server-sent events, until it has ended.",
            "tags": ["analyses"],
            "responses": {
              "200": {
                "description": "Events named by phase, each with a Summary.",
                "content": {"text/event-stream": {"schema": {"type": "string"}}}
              },
              "400": {
                "description": "What is wrong.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
              },
              "404": {
                "description": "What is wrong.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
              }
            }
          }
        },
        "/api/v1/analyses/{name}/record": {
          "parameters": [{"name": "name", "in": "path", "required": true, "schema": {"type": \#
    "string"}}],
          "get": {
            "summary": "The run with the evidence behind its verdict, for assay explain and \#
    rejudge.",
            "tags": ["analyses"],
            "responses": {
              "200": {
                "description": "The record.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Run"}}}
              },
              "400": {
                "description": "What is wrong.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
              },
              "404": {
                "description": "What is wrong.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
              }
            }
          }
        },
        "/api/v1/analyses/{name}/verdict": {
          "parameters": [{"name": "name", "in": "path", "required": true, "schema": {"type": \#
    "string"}}],
          "get": {
            "summary": "The verdict so far, for Argo's web provider.",
            "tags": ["analyses"],
            "responses": {
              "200": {
                "description": "The verdict.",
                "content": {
                  "application/json": {
                    "schema": {
                      "type": "object",
                      "required": ["status", "data"],
                      "properties": {
                        "status": {"const": "success"},
                        "data": {"$ref": "#/components/schemas/Verdict"}
                      }
                    }
                  }
                }
              },
              "400": {
                "description": "What is wrong.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
              },
              "404": {
                "description": "What is wrong.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
              }
            }
          }
        },
        "/api/v1/verdict": {
          "post": {
            "summary": "Starts the run where it isn't there, and answers its verdict so far.",
            "tags": ["analyses"],
            "responses": {
              "200": {
                "description": "The verdict.",
                "content": {
                  "application/json": {
                    "schema": {
                      "type": "object",
                      "required": ["status", "data"],
                      "properties": {
                        "status": {"const": "success"},
                        "data": {"$ref": "#/components/schemas/Verdict"}
                      }
                    }
                  }
                }
              },
              "400": {
                "description": "What is wrong.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
              },
              "404": {
                "description": "What is wrong.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
              },
              "413": {"description": "The body is larger than 1 MiB."},
              "503": {
                "description": "What is wrong.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
              }
            },
            "requestBody": {
              "required": true,
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}}
            }
          }
        },
        "/api/v1/openapi.json": {
          "get": {
            "summary": "This document.",
            "tags": ["analyses"],
            "responses": {
              "200": {
                "description": "OpenAPI 3.1.",
                "content": {"application/json": {"schema": {"type": "object"}}}
              }
            }
          }
        },
        "/canaryConfig": {
          "get": {
            "summary": "The templates as canary configs of Kayenta.",
            "tags": ["kayenta"],
            "responses": {
              "200": {
                "description": "The configs.",
                "content": {
                  "application/json": {
                    "schema": {"type": "array", "items": {"type": "object", "required": ["id", \#
    "name"]}}
                  }
                }
              }
            }
          }
        },
        "/canary/{id}": {
          "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": \#
    "string"}}],
          "post": {
            "summary": "Judges a stretch of the past by the template of that id.",
            "tags": ["kayenta"],
            "responses": {
              "200": {
                "description": "Judged.",
                "content": {
                  "application/json": {"schema": {"type": "object", "required": \#
    ["canaryExecutionId"]}}
                }
              },
              "400": {
                "description": "What is wrong.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
              },
              "404": {
                "description": "What is wrong.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
              },
              "413": {"description": "The body is larger than 1 MiB."}
            },
            "requestBody": {
              "required": true,
              "content": {
                "application/json": {
                  "schema": {
                    "type": "object",
                    "required": ["scopes"],
                    "properties": {"scopes": {"type": "object"}, "thresholds": {"type": "object"}}
                  }
                }
              }
            }
          },
          "get": {
            "summary": "A canary's score.",
            "tags": ["kayenta"],
            "responses": {
              "200": {
                "description": "The score.",
                "content": {"application/json": {"schema": {"type": "object", "required": \#
    ["complete"]}}}
              },
              "400": {
                "description": "What is wrong.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
              },
              "404": {
                "description": "What is wrong.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
              }
            }
          }
        },
        "/flagger/{hook}": {
          "parameters": [
            {
              "name": "hook",
              "in": "path",
              "required": true,
              "schema": {
                "enum": [
                  "confirm-rollout",
                  "pre-rollout",
                  "rollout",
                  "rollback",
                  "confirm-traffic-increase",
                  "confirm-promotion",
                  "post-rollout",
                  "event"
                ]
              }
            }
          ],
          "post": {
            "summary": "Flagger's webhooks; metadata.template names the template.",
            "tags": ["flagger"],
            "responses": {
              "200": {"description": "Yes.", "content": {"text/plain": {"schema": {"type": \#
    "string"}}}},
              "409": {
                "description": "No, with the reason.",
                "content": {"text/plain": {"schema": {"type": "string"}}}
              },
              "400": {
                "description": "What is wrong.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
              },
              "404": {
                "description": "What is wrong.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
              },
              "413": {"description": "The body is larger than 1 MiB."},
              "503": {
                "description": "What is wrong.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
              }
            },
            "requestBody": {
              "required": true,
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Hook"}}}
            }
          }
        }
      },
      "components": {
        "schemas": {
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
            "properties": {
              "name": {"type": "string", "minLength": 1, "maxLength": 200},
              "templateName": {"type": "string"},
              "templateNames": {"type": "array", "minItems": 1, "items": {"type": "string"}},
              "template": {"type": "object", "description": "An AnalysisTemplate of \#
    argoproj.io/v1alpha1."},
              "templates": {"type": "array", "minItems": 1, "maxItems": 100, "items": {"type": \#
    "object"}},
              "args": {
                "type": "object",
                "additionalProperties": {"type": ["string", "number", "boolean"]}
              }
            }
          },
          "Run": {
            "type": "object",
            "description": "An AnalysisRun of argoproj.io/v1alpha1 with its status.",
            "required": ["apiVersion", "kind", "metadata", "spec", "status"]
          },
          "Summary": {
            "type": "object",
            "required": ["name", "phase", "verdict", "reason", "metrics"],
            "properties": {
              "name": {"type": "string"},
              "phase": {"enum": ["Pending", "Running", "Successful", "Failed", "Error", \#
    "Inconclusive"]},
              "verdict": {
                "enum": [
                  "running",
                  "pass",
                  "stopped",
                  "inconclusive",
                  "notEnoughEvidence",
                  "noData",
                  "fail",
                  "error"
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
          "Hook": {
            "type": "object",
            "required": ["name", "namespace"],
            "properties": {
              "name": {"type": "string"},
              "namespace": {"type": "string"},
              "phase": {"type": "string"},
              "checksum": {"type": "string"},
              "metadata": {"type": "object", "additionalProperties": {"type": "string"}}
            }
          }
        }
      }
    }
    """#
}
