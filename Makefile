# `make` lists the targets. Two of them are all a new user needs: `make run` and `make test`.
GO            ?= go
BIN           := bin/sihe
VERSION       ?= $(shell git describe --tags --always 2>/dev/null || echo dev)
LDFLAGS       := -s -w -X main.version=$(VERSION)
GOLANGCI      := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
GOVULNCHECK   := golang.org/x/vuln/cmd/govulncheck@latest

.DEFAULT_GOAL := help
.PHONY: help run demo build test test-race test-planted test-faults test-kafka lint fmt docs fuzz bench bench-go clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-12s %s\n", $$1, $$2}'

run: build ## build, load the demo company, play its story, stay up
	@$(BIN) demo

demo: build ## play the story as fast as it can and compare every figure
	@$(BIN) demo --check

build: ## build bin/sihe
	@echo "building $(BIN) (the first time, Go fetches the modules; later it takes seconds)"
	@$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN) ./cmd/sihe

test: ## all fast tests: under ten minutes on two cores
	$(GO) vet ./...
	$(GO) test -timeout 15m ./...

test-race: ## the same under the race detector
	$(GO) test -race -timeout 20m ./...

test-planted: ## plant one bug at a time and see that the tests find it (PLANTED=pattern for some, UPDATE=1 writes the table)
	$(GO) test -tags planted -count=1 -timeout 3h -v -run TestPlanted ./planted

test-kafka: ## the bus and the demo on a real Apache Kafka, also while it is killed (needs Java 17 and Maven)
	@GO=$(GO) scripts/kafka-test.sh

test-faults: ## the real binary killed, cut off, lied to, on failing disks (RIG=kill N=50 SEED=7 for one rig; FAULTS=release for all)
	@GO=$(GO) scripts/faults.sh

lint: ## golangci-lint, pinned and built from source the first time
	$(GO) run $(GOLANGCI) run ./...

fmt: ## format the code
	$(GO) run $(GOLANGCI) fmt ./...

vuln: ## known vulnerabilities in what is reachable
	$(GO) run $(GOVULNCHECK) ./...

docs: ## write the pages about functions, entities and error codes anew
	@UPDATE=1 $(GO) test -run TestPagesAreFresh ./cmd/sihe

fuzz: ## every fuzz target for 30 seconds
	@for p in $$($(GO) list ./...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz'); do \
	    echo "$$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $${FUZZTIME:-30s} $$p || exit 1; \
	  done; done

bench: build ## the street against a program by hand, the bus, parked documents, traces, a large store (BIG=1: 10 million); JSON=file
	$(GO) build -tags bench -o bin/sihe-bench ./bench
	bin/sihe-bench $(if $(JSON),-json $(JSON)) $(if $(BIG),-delivered 10000000 -traced 1000000) $(BENCH)

bench-go: ## the benchmarks of the packages
	$(GO) test -run '^$$' -bench . -benchmem ./...

clean: ## remove what was built and the demo's data
	rm -rf bin data
