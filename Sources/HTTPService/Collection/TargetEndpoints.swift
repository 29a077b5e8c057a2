import Exposition
import MetricModel
import MetricTransfer
import PromQL
import Scraping

/// What is scraped: `/api/v1/targets`, `/api/v1/targets/metadata`, `/api/v1/scrape_pools`.
struct TargetEndpoints: Sendable {
  /// Nil where nothing is scraped.
  let scrapes: ScrapeLoop?

  private var status: ScrapeStatus { scrapes?.status ?? ScrapeStatus() }

  /// `state`: active, dropped or any; `scrapePool`: only this job.
  func targets(_ request: APIRequest) throws(APIError) -> APIResponse {
    let status = status
    let state = request.parameters.text("state").lowercased()
    let pool = request.parameters.text("scrapePool")
    func shows(_ what: String, _ job: Int) -> Bool {
      (state.isEmpty || state == "any" || state == what)
        && (pool.isEmpty || pool == status.jobs[job])
    }
    return .json(
      QueryResultJSON.success { json in
        json.object { json in
          json.field("activeTargets") { json in
            json.array { json in
              for report in status.active where shows("active", report.target.job) {
                Self.write(report, status.jobs[report.target.job], to: &json)
              }
            }
          }
          json.field("droppedTargets") { json in
            json.array { json in
              for (job, labels) in status.dropped where shows("dropped", job) {
                json.object { json in
                  json.field("discoveredLabels") { QueryResultJSON.write(labels, to: &$0) }
                  json.field("scrapePool", status.jobs[job])
                }
              }
            }
          }
          json.field("droppedTargetCounts") { json in
            guard state != "active" else { return json.null() }
            json.object { json in
              for (number, job) in status.jobs.enumerated() {
                let count = status.dropped.count { $0.job == number }
                json.field(job) { $0.integer(Int64(count)) }
              }
            }
          }
        }
      })
  }

  private static func write(_ report: TargetReport, _ job: String, to json: inout JSONWriter) {
    json.object { json in
      json.field("discoveredLabels") { QueryResultJSON.write(report.target.discovered, to: &$0) }
      json.field("labels") { QueryResultJSON.write(report.target.labels, to: &$0) }
      json.field("scrapePool", job)
      json.field("scrapeUrl", report.target.url)
      json.field("globalUrl", report.target.url)
      json.field("lastError", report.lastError)
      // Go's zero time stands for "never".
      json.field("lastScrape", report.lastScrape?.rfc3339 ?? "0001-01-01T00:00:00Z")
      json.field("lastScrapeDuration") { $0.number(report.lastSeconds) }
      json.field("health", report.health.rawValue)
      json.field("scrapeInterval", report.target.interval.description)
      json.field("scrapeTimeout", report.target.timeout.description)
    }
  }

  /// `match_target`, `metric`, `limit`: types and help texts by target.
  func metadata(_ request: APIRequest) throws(APIError) -> APIResponse {
    let parameters = request.parameters
    var limit = Int.max
    let limitText = parameters.text("limit")
    if !limitText.isEmpty {
      guard let count = Int(limitText) else {
        throw APIError(.badData, "limit must be a number")
      }
      if count >= 0 { limit = count }
    }
    var matchers: [LabelMatcher] = []
    let selector = parameters.text("match_target")
    if !selector.isEmpty {
      do {
        matchers = try Parser.parseSelector(selector).matchers
      } catch {
        throw APIError.invalidParameter("match_target", error.description)
      }
    }
    let metric = parameters.text("metric")
    var rows: [(target: Labels, metadata: MetricMetadata)] = []
    for report in status.active where matchers.allSatisfy({ $0.matches(report.target.labels) }) {
      // As in Prometheus the limit ends the walk over targets, not the families of one.
      guard rows.count < limit else { break }
      for metadata in report.metadata where metric.isEmpty || metadata.family == metric {
        rows.append((report.target.labels, metadata))
      }
    }
    return .json(
      QueryResultJSON.success { json in
        json.array { json in
          for (target, metadata) in rows {
            json.object { json in
              json.field("target") { QueryResultJSON.write(target, to: &$0) }
              if metric.isEmpty { json.field("metric", metadata.family) }
              json.field("type", metadata.type.rawValue)
              json.field("help", metadata.help)
              json.field("unit", metadata.unit)
            }
          }
        }
      })
  }

  /// The names of the jobs.
  func pools(_ request: APIRequest) throws(APIError) -> APIResponse {
    let jobs = status.jobs.sorted()
    return .json(
      QueryResultJSON.success { json in
        json.object { json in
          json.field("scrapePools") { json in
            json.array { json in for job in jobs { json.string(job) } }
          }
        }
      })
  }
}
