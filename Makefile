# Earnest. `make` alone lists what there is.
#
# Everything works from an empty environment (env -i HOME=$HOME PATH=$PATH make test): what is
# needed is installed into .venv and node_modules, once, and again when a lock file changes.

UV_VERSION := 0.13.8
NODE_MIN := 20.19
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory --no-builtin-rules

BIN := .venv/bin
PYTHON_STAMP := .venv/.setup-stamp
LOCALNET_STAMP := localnet/node_modules/.setup-stamp
CONTRACTS_STAMP := contracts/node_modules/.setup-stamp
WEB_STAMP := web/node_modules/.setup-stamp
WEB_BUILT := src/earnest/run/web/built/.stamp
WEB_SOURCES = $(shell find web -name node_modules -prune -o -name test-results -prune -o -type f ! -path 'web/tests/*' ! -path web/src/api/schema.ts ! -name '*.md' -print) openapi.json
PEER_DIRS := $(patsubst %/package-lock.json,%,$(wildcard benchmarks/peers/*/package-lock.json benchmarks/browser/package-lock.json))
PEER_STAMPS := $(addsuffix /node_modules/.setup-stamp,$(PEER_DIRS))
# Options for what is started: make up ARGS="--network devnet", make test ARGS="-k payouts".
ARGS ?=
RUNS ?= 300
# What is simulated: payouts, escrow or all.
OF ?= all

export UV_PROJECT_ENVIRONMENT := .venv
# What is installed is compiled at once, so that the first start is as quick as the second.
export UV_COMPILE_BYTECODE := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# The first of these that really runs: a name on PATH may be an empty shim.
define FIND_PYTHON
for name in python3.13 python3.12 python3.11 python3; do \
  if "$$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null; \
  then \
    found="$${found:-$$name}"; \
    if "$$name" -c 'import venv, ensurepip' 2>/dev/null; then found="$$name"; break; fi; \
  fi; \
done; \
if [ -z "$${found:-}" ]; then \
  echo "Earnest needs Python 3.11, 3.12 or 3.13, and none of them is on PATH." >&2; exit 1; \
fi; \
if ! "$$found" -c 'import venv, ensurepip' 2>/dev/null; then \
  echo "$$found cannot make environments: install its venv module (Debian: python3-venv)." >&2; exit 1; \
fi
endef

define CHECK_NODE
if ! command -v npm >/dev/null || ! command -v node >/dev/null; then \
  echo "Local chains and the web pages need Node $(NODE_MIN) or later with npm, and there is none on PATH." >&2; exit 1; \
fi; \
if ! node -e 'const [a, b] = process.versions.node.split(".").map(Number), [c, d] = "$(NODE_MIN)".split(".").map(Number); process.exit(a > c || (a === c && b >= d) ? 0 : 1)'; then \
  echo "Local chains and the web pages need Node $(NODE_MIN) or later; this is $$(node --version)." >&2; exit 1; \
fi
endef

# A browser test takes the machine's Chromium; as root it is installed where there is none.
define CHECK_CHROMIUM
if [ -z "$${CHROMIUM:-}" ] && ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null \
  && ! command -v google-chrome >/dev/null; then \
  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
    echo "Installing Chromium for the browser tests"; \
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; \
  else \
    echo "The browser tests need Chromium: sudo apt-get install chromium (or name another in CHROMIUM)" >&2; exit 1; \
  fi; \
fi
endef

.PHONY: help
help: ## List what there is
	@echo "make …"
	@sed -nE 's/^([a-z-]+):.*## (.*)/  \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 14

# -- set up --------------------------------------------------------------------------------------

.PHONY: setup setup-python
setup: ## Install everything that is needed, once
	@$(MAKE) --silent -j2 $(PYTHON_STAMP) $(LOCALNET_STAMP)

setup-python: $(PYTHON_STAMP)

$(PYTHON_STAMP): uv.lock pyproject.toml Makefile
	@$(FIND_PYTHON); \
	if ! $(BIN)/python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null; then \
	  echo "Making .venv with $$("$$found" --version)"; "$$found" -m venv --clear .venv; \
	fi
	@if [ "$$($(BIN)/uv --version 2>/dev/null | cut -d' ' -f2)" != "$(UV_VERSION)" ]; then \
	  $(BIN)/python -m pip install --quiet "uv==$(UV_VERSION)"; \
	fi
	@echo "Installing Python packages as uv.lock says"
	@$(BIN)/uv sync --locked --inexact --quiet
	@touch $@

$(LOCALNET_STAMP): localnet/package-lock.json localnet/package.json
	@$(CHECK_NODE)
	@echo "Installing the local chain as localnet/package-lock.json says"
	@cd localnet && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(CONTRACTS_STAMP): contracts/package-lock.json contracts/package.json
	@$(CHECK_NODE)
	@echo "Installing what the contract is tested with, as contracts/package-lock.json says"
	@cd contracts && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(WEB_STAMP): web/package-lock.json web/package.json
	@$(CHECK_NODE)
	@echo "Installing what the web pages are built with, as web/package-lock.json says"
	@cd web && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(WEB_BUILT): $(WEB_STAMP) $(WEB_SOURCES)
	@echo "Building the web pages"
	@cd web && npm run --silent build -- --quiet
	@touch $@

benchmarks/browser/node_modules/.setup-stamp: benchmarks/browser/package-lock.json benchmarks/browser/package.json
	@$(CHECK_NODE)
	@echo "Installing Lighthouse"
	@cd benchmarks/browser && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

benchmarks/peers/%/node_modules/.setup-stamp: benchmarks/peers/%/package-lock.json benchmarks/peers/%/package.json
	@$(CHECK_NODE)
	@echo "Installing benchmarks/peers/$*"
	@cd benchmarks/peers/$* && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

# -- run -----------------------------------------------------------------------------------------

.PHONY: demo up status web
demo: setup ## Play a task and a project once on real parts, from first to last
	@exec $(BIN)/earnest demo $(ARGS)

web: $(WEB_BUILT) ## Build the web pages into the package

up: setup web ## Start everything on this machine and stay until Ctrl-C
	@exec $(BIN)/earnest up $(ARGS)

status: setup-python ## Say what runs on this machine
	@exec $(BIN)/earnest status $(ARGS)

# -- check ---------------------------------------------------------------------------------------

.PHONY: test test-web test-web-main check lint types imports openapi web-check localnet-test contracts-test format
test: setup web $(CONTRACTS_STAMP) ## All tests of the Python side on real Postgres, S3 and chain, and the main ones in a browser
	@# In the order of the folders: by number of tests the longest file, which has one, came last.
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --max-worker-restart 0 $(ARGS)
	@$(if $(ARGS),,$(MAKE) test-web-main)

test-web: setup web ## All tests in a browser, against the real system
	@$(CHECK_CHROMIUM)
	@cd web && npm run --silent test -- $(ARGS)

test-web-main: setup web
	@$(CHECK_CHROMIUM)
	@cd web && npm run --silent test -- --grep @main

check: setup ## All that CI runs
	@$(MAKE) lint types imports openapi web-check localnet-test contracts-test test

lint: setup-python
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: setup-python
	@$(BIN)/mypy

imports: setup-python
	@$(BIN)/lint-imports

openapi: setup-python
	@$(BIN)/earnest openapi --check openapi.json

web-check: $(WEB_STAMP)
	@cd web && npm run --silent check

localnet-test: setup
	@cd localnet && npm test --silent

contracts-test: $(CONTRACTS_STAMP) ## Tests of the escrow contract
	@cd contracts && npm test --silent

format: setup-python ## Put code into shape, and write openapi.json anew
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(BIN)/earnest openapi --write openapi.json
	@if [ -e $(WEB_STAMP) ]; then cd web && npm run --silent format; fi

# -- measure -------------------------------------------------------------------------------------

.PHONY: bench simulate
bench: setup web $(PEER_STAMPS) ## Measure, beside peers on the same machine
	@exec $(BIN)/python -m benchmarks $(ARGS)

simulate: setup ## Payouts and the escrow's indexer under faults: make simulate OF=escrow RUNS=5000
	@exec $(BIN)/python -m tests.simulation $(OF) --runs $(RUNS) $(ARGS)
