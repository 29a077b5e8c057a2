# Everything a newcomer needs: `make demo` shows what Assay does, `make test` checks that it does it.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
ASSAY := .build/release/assay
export OPENBLAS_NUM_THREADS := 1
# Tests that wait for the world run apart, where nothing keeps the cores from them.
SHELLS := HTTPTransportTests|HTTPServiceTests|KubernetesClientTests|RolloutExecutorTests|AnalysisExecutorTests|InterchangeTests|DifferentialTests|MetricTransferTests

FUZZ_SECONDS ?= 60

.PHONY: help fuzz sanitize demo demo-cluster test study test-cluster build recordings bench format lint clean

help: ## what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

demo: build ## replay a canary over four recordings; STRATEGY=blue-green (shadow, ab-test, …) shows another
	@.ci/demo $(ASSAY) $(STRATEGY)

test: ## build all, check the formatting, run every test
	@.ci/packages --with-peers
	@echo "==> checking the formatting"
	swift format lint --strict --recursive Sources Tests Benchmarks Package.swift
	@echo "==> building the program and the tests (some minutes the first time)"
	swift build --build-tests
	@echo "==> running the tests of the parts"
	@.ci/tests --skip EndToEndTests --skip '$(SHELLS)'
	@echo "==> running the tests of what meets sockets, processes and other servers"
	@.ci/tests --filter '$(SHELLS)'
	@echo "==> running the program itself: beside the real Prometheus, killed, on bad input"
	@.ci/tests --no-parallel --filter EndToEndTests

build: ## build the program for release
	@.ci/packages
	@echo "==> building assay for release (some minutes the first time)"
	swift build -c release --product assay

demo-cluster: build ## tell the rollout strategies as a story on a real Kubernetes API server
	@.ci/demo-cluster $(ASSAY)

recordings: ## record the demo's input anew with the real Prometheus (about 45 minutes)
	@command -v python3 >/dev/null || { echo "recording needs python3: apt-get install python3"; exit 1; }
	@.ci/packages --with-peers
	PATH="$$PWD/.build/peers/usr/bin:$$PATH" python3 queries/recordings/record.py --out queries/recordings

study: build ## the long studies: rollouts decided by every rule, faults, random queries (an hour)
	$(ASSAY) study --out Sources/Study/Study.docc
	$(ASSAY) study-rollouts --runs 100000
	ASSAY_FUZZ_CASES=100000 .ci/tests --no-parallel \
	  --filter 'UpstreamScriptTests|ComplianceTests|ResponseTests|DifferentialTests'
	ASSAY_KILL_ROUNDS=60 .ci/tests --filter DurabilityTests
	.ci/fuzz $(FUZZ_SECONDS)

fuzz: ## let libFuzzer look for input that crashes a decoder: make fuzz FUZZ_SECONDS=60 (each)
	@.ci/packages
	.ci/fuzz $(FUZZ_SECONDS)

sanitize: ## the store's and the formats' tests under the address and the thread sanitizer
	for sanitizer in address thread; do \
	  ASAN_OPTIONS=detect_leaks=0 swift test --scratch-path .build/sanitized-$$sanitizer \
	    --sanitize=$$sanitizer --filter 'TimeSeriesStoreTests|ExpositionTests|MetricModelTests'; \
	done

test-cluster: build ## drive Rollouts on a Kubernetes API server; KUBECONFIG names it
	@.ci/cluster $(ASSAY)

bench: build ## time the tutorial's queries on a generated store
	swift run -c release QueryBenchmarks
	swift run -c release StoreBenchmarks
	python3 Benchmarks/IngestLatency/measure.py $(ASSAY)
	swift build -c release --product StatisticsBenchmarks
	python3 Benchmarks/StatisticsBenchmarks/Reference/compare.py .build/release/StatisticsBenchmarks

format: ## format all Swift files in place
	swift format --in-place --recursive Sources Tests Benchmarks Package.swift

lint: ## check the formatting only
	swift format lint --strict --recursive Sources Tests Benchmarks Package.swift

clean: ## remove what was built
	rm -rf .build
