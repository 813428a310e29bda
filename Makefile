# Two commands matter: `make run` and `make test`. Both set everything up first.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
WEB    := web/node_modules/.installed
APP    := gateway/app/index.html

# Images of containers often forbid bytecode: each of many processes would compile what it imports.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help install web app wheel browser run test test-fast lint fuzz bench loadtest lock clean
.DEFAULT_GOAL := help

help:  ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

install: $(STAMP)  ## a virtual environment with everything, from the lock file

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Weft needs Python 3.11 or newer; PYTHON=python3.12 make ... names another one." >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --upgrade uv
	@$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

web: $(WEB)  ## what web/ needs from npm, from its lock file

$(WEB): web/package-lock.json web/package.json web/client/package.json | $(STAMP)
	@cd web && PATH="$(abspath $(BIN)):$$PATH" npm ci --silent
	@touch $@

app: $(APP)  ## the live app, built for the gateway to serve

$(APP): $(shell find web/app web/client/src -type f -not -path '*/node_modules/*') | $(WEB)
	@cd web/app && PATH="$(abspath $(BIN)):$$PATH" node build.ts

wheel: install app  ## a wheel with the live app in it, into dist/: who has it needs no Node
	@$(BIN)/python -m hatchling build -t wheel

run: install app  ## the whole system, with people and dashboards to try it out
	@$(if $(WEFT_POSTGRES_URL),,WEFT_DEMO=$${WEFT_DEMO-true}) $(BIN)/weft up

test: install app browser lint  ## everything: lint, types, floors, laws, real components
	@$(BIN)/pytest -n 2

test-fast: install  ## unit and law tests alone, within a minute
	@$(BIN)/pytest -n 2 -m "not store and not cluster" --ignore tests/web

lint: install  ## ruff, strict types, import floors
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

browser: install  ## Chromium for the browser tests, where it may be installed
	@$(BIN)/python -m tests.browser.chromium

fuzz: install web  ## the laws on random histories, hostile clients and requests, until stopped
	@$(BIN)/python -m tests.web.cross_check & web=$$!; $(BIN)/python -m tests.gateway.wire_fuzz & wire=$$!; OPENAPI_EXAMPLES=200 $(BIN)/pytest -q tests/gateway/test_http_openapi.py & http=$$!; trap "kill $$web $$wire $$http" EXIT; $(BIN)/python -m tests.fuzz

bench: install  ## what it costs, measured here: algebra, commit, owner, the whole system
	@$(BIN)/python -m benchmarks

loadtest: install  ## people simulated by Locust, a report, a verdict: ARGS="--people 200 --shape spike"
	@$(BIN)/python -m loadtests $(ARGS)

lock: install  ## renew requirements.lock from pyproject.toml
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --all-extras --group dev --python-version 3.11 pyproject.toml -o requirements.lock

clean:  ## remove what the targets above have made
	@rm -rf $(VENV) web/node_modules web/client/dist gateway/app .weft .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
