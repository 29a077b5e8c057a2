import Exposition
import MetricModel
import PromQL
import TimeSeriesStore

/// What the store keeps besides samples, and what it is made of: `/api/v1/query_exemplars`,
/// `/api/v1/metadata`, `/api/v1/status/tsdb`.
struct StoreEndpoints: Sendable {
  let store: Store

  /// `query`, `start`, `end`: the exemplars of all series that the query's selectors name.
  func exemplars(_ request: APIRequest) throws(APIError) -> APIResponse {
    let parameters = request.parameters
    let start = try parameters.time("start", default: .earliest)
    let end = try parameters.time("end", default: .latest)
    guard end >= start else {
      throw APIError(.badData, "end timestamp must not be before start timestamp")
    }
    let selectors: [VectorSelector]
    do {
      selectors = try Parser.parse(parameters.text("query")).selectors
    } catch {
      throw APIError(.badData, error.description)
    }
    let range = TimeRange(after: start.advanced(by: Milliseconds(-1)), through: end)
    let found = store.snapshot().exemplars(matching: selectors.map(\.matchers), in: range)
    return .json(
      QueryResultJSON.success { json in
        json.array { json in
          for series in found { Self.write(series, to: &json) }
        }
      })
  }

  private static func write(_ series: SeriesExemplars, to json: inout JSONWriter) {
    json.object { json in
      json.field("seriesLabels") { QueryResultJSON.write(series.series, to: &$0) }
      json.field("exemplars") { json in
        json.array { json in
          for exemplar in series.exemplars {
            json.object { json in
              json.field("labels") { QueryResultJSON.write(exemplar.labels, to: &$0) }
              json.field("value", NumberText.json(exemplar.value))
              json.field("timestamp") { $0.number(exemplar.time.seconds) }
            }
          }
        }
      }
    }
  }

  /// `metric`, `limit`, `limit_per_metric`: types, units and help texts.
  func metadata(_ request: APIRequest) throws(APIError) -> APIResponse {
    let parameters = request.parameters
    let limit = try Self.count("limit", of: parameters)
    _ = try Self.count("limit_per_metric", of: parameters)
    let snapshot = store.snapshot()
    let metric = parameters.text("metric")
    let known =
      metric.isEmpty
      ? snapshot.metadata() : snapshot.metadata(of: metric).map { [$0] } ?? []
    return .json(
      QueryResultJSON.success { json in
        json.object { json in
          for family in known.prefix(limit ?? .max) {
            json.field(family.family) { json in
              json.array { json in
                json.object { json in
                  json.field("type", family.type.rawValue)
                  json.field("unit", family.unit)
                  json.field("help", family.help)
                }
              }
            }
          }
        }
      })
  }

  /// Nil for no limit, which negative numbers mean too.
  private static func count(
    _ name: String, of parameters: RequestParameters
  ) throws(APIError) -> Int? {
    let spelled = parameters.text(name)
    if spelled.isEmpty { return nil }
    guard let count = Int(spelled) else {
      throw APIError(.badData, "\(name) must be a number")
    }
    return count < 0 ? nil : count
  }

  private static let cardinalityMax = 10_000

  /// `limit`: which labels make the series.
  func cardinality(_ request: APIRequest) throws(APIError) -> APIResponse {
    var limit = 10
    let spelled = request.parameters.text("limit")
    if !spelled.isEmpty {
      guard let asked = Int(spelled), asked > 0 else {
        throw APIError(.badData, "limit must be a positive number")
      }
      guard asked <= Self.cardinalityMax else {
        throw APIError(.badData, "limit must not exceed \(Self.cardinalityMax)")
      }
      limit = asked
    }
    let snapshot = store.snapshot()
    let cardinality: StoreCardinality
    do {
      cardinality = try snapshot.cardinality(limit: limit)
    } catch {
      throw APIError(error)
    }
    let statistics = snapshot.statistics
    return .json(
      QueryResultJSON.success { json in
        json.object { json in
          json.field("headStats") { json in
            json.object { json in
              json.field("numSeries") { $0.integer(Int64(statistics.headSeries)) }
              json.field("numLabelPairs") { $0.integer(Int64(cardinality.labelPairs)) }
              json.field("chunkCount") { $0.integer(Int64(statistics.headSeries)) }
              let range = snapshot.timeRange
              json.field("minTime") { $0.integer(range.map { $0.start.milliseconds + 1 } ?? 0) }
              json.field("maxTime") { $0.integer(range?.end.milliseconds ?? 0) }
            }
          }
          let lists = [
            ("seriesCountByMetricName", cardinality.seriesByMetricName),
            ("labelValueCountByLabelName", cardinality.valuesByLabelName),
            ("memoryInBytesByLabelName", cardinality.sizeBytesByLabelName),
            ("seriesCountByLabelValuePair", cardinality.seriesByLabelPair),
          ]
          for (name, entries) in lists {
            json.field(name) { json in
              json.array { json in
                for entry in entries {
                  json.object { json in
                    json.field("name", entry.name)
                    json.field("value") { $0.integer(Int64(entry.count)) }
                  }
                }
              }
            }
          }
        }
      })
  }
}
