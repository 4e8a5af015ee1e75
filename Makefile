# PolicyAudit. `make run` starts it, `make test` proves it; `make help` lists everything.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run test lint format bench fuzz accuracy seed screenshots clean

PORT ?= 8000
AUDITS ?= 1000
export PORT
BIN := .venv/bin

help:  ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run:  ## set up what is missing, then serve on http://127.0.0.1:8000 (PORT=8001 for another port)
	@scripts/setup run
	@scripts/serve

test:  ## lint, then every test, those in the browser included
	@scripts/setup test
	@scripts/lint
	@scripts/run-tests

lint:  ## ruff and djlint, without changing anything
	@scripts/setup test
	@scripts/lint

format:  ## let ruff rewrite code; templates are laid out by hand
	@scripts/setup test
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench:  ## measure the engine beside jieba (POLICIES=FOLDER: on real texts too), a PDF, the review with 1,000 audits (AUDITS=100: fewer)
	@scripts/setup test
	@$(BIN)/python -m tests.bench.speed_table $(if $(POLICIES),"$(POLICIES)")
	@$(BIN)/python -m tests.bench.formats
	@$(BIN)/python -m tests.bench.report
	@scripts/run-tests tests/bench -n 0 --benchmark-only --benchmark-columns=min,median,max,rounds
	@$(BIN)/python -m tests.bench.review $(AUDITS)

fuzz:  ## break sample files in many ways for FUZZ_SECONDS (60) and print what became of them
	@scripts/setup test
	@FUZZ_EXAMPLES=500 scripts/run-tests tests/fuzz -n 0 -q -k "not broken_files"
	@$(BIN)/python -m tests.fuzz.mutation

accuracy:  ## measure the engine on labelled policies: make accuracy GOLD=FOLDER; writes docs/accuracy.md
	@test -n "$(GOLD)" || { echo "Say where the labelled policies are: make accuracy GOLD=FOLDER"; exit 2; }
	@scripts/setup test
	@$(BIN)/python manage.py evaluate "$(GOLD)" --card

seed:  ## add the demo team and audits (only to a database without other users)
	@scripts/setup run
	@$(BIN)/python manage.py prepare
	@$(BIN)/python manage.py seed

screenshots:  ## drive the real program with demo data and write docs/images/
	@scripts/setup test
	@$(BIN)/python scripts/screenshots.py

clean:  ## remove the virtual environment and caches; data in var/ stays
	rm -rf .venv .pytest_cache .ruff_cache .hypothesis .benchmarks
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	find locale -name '*.mo' -delete 2>/dev/null || true
