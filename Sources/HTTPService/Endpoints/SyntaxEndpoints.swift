import Exposition
import MetricModel
import PromQL

/// `/api/v1/format_query` and `/api/v1/parse_query`: what a query's text says, without evaluating.
struct SyntaxEndpoints: Sendable {
  func format(_ request: APIRequest) throws(APIError) -> APIResponse {
    let expression = try parsed(request)
    return .json(QueryResultJSON.success { $0.string(Printer.pretty(expression)) })
  }

  func tree(_ request: APIRequest) throws(APIError) -> APIResponse {
    let expression = try parsed(request)
    return .json(QueryResultJSON.success { QueryTreeJSON.write(expression, to: &$0) })
  }

  private func parsed(_ request: APIRequest) throws(APIError) -> QueryExpression {
    let text = request.parameters.text("query")
    do {
      let expression = try Parser.parse(text)
      _ = try TypeCheck.type(of: expression, in: text)
      return expression
    } catch {
      throw .invalidParameter("query", error.description)
    }
  }
}
