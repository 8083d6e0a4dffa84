# Everything a contributor needs. `make help` lists it.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
# A crash report can take minutes to write; a core dump says more.
export SWIFT_BACKTRACE := enable=no

.PHONY: help setup build run test soak bench check fuzz sanitize mutate proto clean

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## / - /' | sort

setup: ## install what the build and the tests need (Debian packages, a venv); fast when done
	@scripts/setup

build: setup ## one debug build for run, test and check
	@scripts/step "build (the first time takes some minutes)" swift build --build-tests

run: build ## the whole stack on this machine, and the journey through it; DEMO=exit stops after the journey
	@.build/debug/patchbay up --local-broker .venv/bin/noida-db --journey $(if $(filter exit,$(DEMO)),--exit)

test: build ## every test
	@scripts/test

soak: build ## the longer forms of the tests that kill: PATCHBAY_SOAK minutes each (default 10)
	@scripts/soak

bench: setup ## measure a release against bare librdkafka; PARTS=latency,throughput,takeover,restart,machine picks parts
	@scripts/bench

check: build ## format, schemas, OpenAPI, and the shell blocks of README.md
	@scripts/check

fuzz: setup ## spoilt inputs for every parser of outside bytes (minutes); TARGET="json form" picks, PATCHBAY_FUZZ_EACH how many
	@scripts/step "fuzz" scripts/fuzz

sanitize: setup ## Thread and Address Sanitizer (two builds of their own, long); SANITIZERS="thread address", PART=shared
	@scripts/sanitize

mutate: setup ## disable each mechanism that matters, and expect its test to fail (long)
	@.venv/bin/python scripts/mutate $(MUTANTS)

proto: ## generate Swift from Shared/Schema/Proto (needs Debian's protobuf-compiler)
	@Shared/Schema/generate.sh

clean: ## remove what was built and what ran
	@rm -rf .build .build-* .run .venv
