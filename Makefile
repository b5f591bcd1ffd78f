# Everything here does its own set-up. What it needs from the system (a browser and nginx, for the tests) it finds, or
# installs with apt where it may; what the benchmark lacks, it only names.

PYTHON ?= python3
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
PAGES := $(shell find chatapp/web/frontend -type f) $(wildcard chatapp/web/texts/*/*.json) package.json package-lock.json hatch_build.py
SYSTEM := chromium-headless-shell curl nginx openssl

export PATH := $(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Where Python keeps no compiled code, each of the tests' many processes compiles everything anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test soak bench bench-fake bench-scale bench-tokens bench-page bench-widget check fix lock clean system

help: ## Show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

run: $(VENV)/.package ## Start the server on http://127.0.0.1:5000
	@exec chatapp serve

test: $(VENV)/.dev system ## Run all tests
	npm test --silent
	pytest --whole --numprocesses 4 --dist loadfile --no-loadscope-reorder -m "not alone"
	pytest --whole -m alone

soak: $(VENV)/.dev ## Run whole what the tests run in short: faults, 10,000 replies, 400 killed workers, odd requests
	pytest --soak tests/soak tests/integration/kept_processes tests/integration/test_sweeps.py tests/integration/test_schemathesis.py

bench: $(VENV)/.package ## Measure speed; needs Linux, Go and nginx (docs/performance.md)
	@exec python -m bench.run $(ARGS)

bench-fake: $(VENV)/.package ## Measure how well chatapp fake keeps the pace of 300 streams; needs Linux
	@exec python -m bench.fake

bench-scale: $(VENV)/.package ## Measure lists, search and opening among 400,000 messages; needs Linux and Go
	@exec python -m bench.scale

bench-tokens: $(VENV)/.dev ## Measure what exact counts of tokens cost, and who waits for them; needs Linux
	@exec python -m bench.tokens

bench-page: $(VENV)/.dev ## Measure how soon the chat page opens, and what an answer costs it; needs Chromium
	@exec python -m bench.page

bench-widget: $(VENV)/.dev ## Measure what the widget costs the page that it stands on; needs Chromium
	@exec python -m bench.widget

check: $(VENV)/.dev ## Look for faults without running: format, lint, types, imports
	ruff format --check
	ruff check
	mypy
	lint-imports --no-logo
	npm run check --silent

fix: $(VENV)/.dev ## Format, and mend what can be mended by itself
	ruff check --fix
	ruff format
	npm run fix --silent

lock: $(VENV)/.dev ## Renew the exact versions of all packages
	pip install --quiet uv
	uv pip compile pyproject.toml --upgrade --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --custom-compile-command "make lock" --quiet --output-file requirements.txt
	uv pip compile pyproject.toml --upgrade --group dev --constraint requirements.txt --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --custom-compile-command "make lock" --quiet --output-file requirements-dev.txt
	npm update --package-lock-only --omit-lockfile-registry-resolved

clean: ## Remove everything that was built or installed here
	rm -rf $(VENV) node_modules chatapp/web/static dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis bench/.build

system:
	@for program in $(SYSTEM); do \
	  command -v $$program >/dev/null || missing="$$missing $$program"; \
	done; \
	if [ -n "$$missing" ]; then \
	  command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] \
	    || { echo "The tests need$$missing. Please install what is missing."; exit 1; }; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $$missing; \
	fi

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.requirements: requirements.txt | $(BIN)/python
	pip install --quiet --require-hashes -r requirements.txt
	@touch $@

# Installs the package as it stands here, and builds its pages.
$(VENV)/.package: $(VENV)/.requirements pyproject.toml $(PAGES)
	pip install --quiet --no-deps --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.package
	pip install --quiet --require-hashes -r requirements-dev.txt
	npm ci --ignore-scripts --no-audit --no-fund --silent
	@touch $@
