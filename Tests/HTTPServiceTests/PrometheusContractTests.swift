import Testing

/// What Prometheus' clients among the controllers send, by curl as the reference records it.
@Suite struct PrometheusContractTests {
  @Test func `Argo, Flagger, KEDA, Keptn and Grafana get what they expect`() async throws {
    try await RunningService.with { service in
      // Argo: POST form with float time; KEDA: GET with RFC 3339 and a namespace.
      let argo = await service.curl(
        "/api/v1/query", "--data-urlencode", "query=vector(1)", "-d", "time=1700000000.25")
      #expect(
        argo.contains(
          #"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":"#
            + #"[1700000000.25"#))
      #expect(argo.hasSuffix("200 application/json"))
      let keda = await service.curl(
        "/api/v1/query?query=sum(gone)&time=2023-11-14T22:13:20Z&namespace=prod")
      #expect(keda.contains(#""resultType":"vector","result":[]"#))
      // Flagger's check at its start, without time.
      let flagger = await service.curl("/api/v1/query?query=vector(1)")
      #expect(flagger.contains(#","1"]"#))
      // 0/0 is the text NaN.
      let nan = await service.curl("/api/v1/query?query=vector(0)/vector(0)&time=1")
      #expect(nan.contains(#""value":[1,"NaN"]"#))
      // Keptn: POST query_range with a step of a minute.
      let keptn = await service.curl(
        "/api/v1/query_range", "-d",
        "query=vector(2)&start=1700000000&end=1700000120&step=1m")
      #expect(keptn.contains(#""resultType":"matrix""#))
      // Grafana's test of a data source.
      #expect(await service.curl("/api/v1/query", "-d", "query=1%2B1").contains(#""2""#))
      #expect(await service.curl("/api/v1/status/buildinfo").contains(#""status":"success""#))
      // Errors of the API have a body that clients read: 400.
      let bad = await service.curl("/api/v1/query?query=rate(")
      #expect(bad.contains(#""errorType":"bad_data""#) && bad.hasSuffix("400 application/json"))
    }
  }
}
