# SPDX-License-Identifier: GPL-3.0-or-later
# Everything a fresh clone needs is Python 3.11 or newer with venv, and a package registry.
# Variables (PORT=9000, GRAPH_*=...) given to make reach the program; ARGS="-k name" reaches pytest.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup setup-tests demo test check lint types contract schema requirements kills fuzz properties bench test-postgres15 test-mediawiki long-faults faults-as-root audit hours loads soak clean

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input install --quiet
UV ?= uv
COMPILE = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate

help: ## say what there is to make
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/.installed ## install the program and its pinned dependencies into .venv

demo: $(VENV)/.installed ## run an editathon on this machine and show it live (PORT=9000 for another port)
	@$(BIN)/programs-graph demo

test: check ## check everything and run all tests (ARGS="-k name" for some)
	@tests/find-chromium
	@tests/find-clients
	$(BIN)/pytest -n $(or $(WORKERS),2) --dist loadfile --no-loadscope-reorder $(ARGS)

check: lint types contract ## lint, types and the import contract; no tests

lint: setup-tests ## the style, by ruff
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --quiet --check .

types: setup-tests ## the types, by mypy
	$(BIN)/mypy

contract: setup-tests ## which module may import which
	@$(BIN)/lint-imports --no-cache > $(VENV)/contract.log 2>&1 || { cat $(VENV)/contract.log; exit 1; }
	@echo "The import contract is kept."

schema: $(VENV)/.installed ## write graph/schema/schema.graphql from the code
	@$(BIN)/programs-graph schema > $(VENV)/schema.graphql
	@mv $(VENV)/schema.graphql graph/schema/schema.graphql

requirements: ## pin the dependencies of pyproject.toml anew (needs uv)
	@command -v $(UV) > /dev/null || { echo "make requirements needs uv: see https://docs.astral.sh/uv/, or UV=path"; exit 1; }
	$(COMPILE) --group build pyproject.toml --output-file requirements.txt
	$(COMPILE) --group dev pyproject.toml --constraint requirements.txt --output-file tests/requirements.txt
	$(COMPILE) --group audit --constraint requirements.txt --constraint tests/requirements.txt --output-file tests/audit-requirements.txt
	$(COMPILE) --group peers --constraint requirements.txt --output-file benchmarks/requirements.txt

kills: setup-tests ## kill the consumer again and again, then count (KILLS=1000 SEED=1)
	@$(BIN)/python -m tests.kills --kills $(or $(KILLS),100) --seed $(or $(SEED),1)

fuzz: setup-tests ## decode random and hostile streams in random chunks (CHUNKINGS=1000000 SEED=1)
	@$(BIN)/python -m tests.fuzz --chunkings $(or $(CHUNKINGS),1000000) $(if $(SEED),--seed $(SEED))

bench: setup-tests ## run every benchmark (a calm machine, about twenty minutes); docs/benchmarks.md has the figures
	@for name in ingest consume latency refusals backfill fanout crowded scope; do echo "== $$name"; $(BIN)/python -m benchmarks.$$name || exit 1; done

properties: setup-tests ## try the properties on many other examples, drawn anew each time (many minutes)
	HYPOTHESIS_PROFILE=dev $(BIN)/pytest -n $(or $(WORKERS),2) --dist loadfile $(ARGS) tests/properties tests/scenario/test_article_scopes.py

test-postgres15: setup-tests ## run all tests on Debian's PostgreSQL 15, installing it with apt
	@tests/with-postgres15 $(BIN)/pytest $(ARGS)

test-mediawiki: setup-tests ## read the history of programs from real MediaWikis, installing Debian's with apt
	@tests/install-mediawiki
	$(BIN)/pytest $(ARGS) tests/mediawiki

soak: setup-tests ## the three processes at work for long: memory, logs, numbers (MINUTES=30)
	@$(BIN)/python -m benchmarks.soak --minutes $(or $(MINUTES),30)

long-faults: setup-tests ## a database away for half a minute, a stream that stalls (two minutes)
	$(BIN)/pytest $(ARGS) tests/scenario/long_faults.py

faults-as-root: setup-tests ## a full disk and stepped clocks, as root, installing Debian's libfaketime
	@test "$$(id -u)" = 0 || { echo "make faults-as-root mounts a small disk: run it as root, on a machine for that"; exit 1; }
	@tests/install-faketime
	$(BIN)/pytest $(ARGS) tests/scenario/faults_as_root.py

audit: $(VENV)/audit/.installed ## ask whether any pinned dependency has a known weakness (needs a network)
	@tests/audit $(VENV)/audit/bin/pip-audit

hours: setup-tests ## follow a live screen through eight accelerated hours: memory and nodes (some minutes)
	@tests/find-chromium
	$(BIN)/pytest $(ARGS) tests/browser/hours_of_a_live_screen.py

loads: setup-tests ## measure how soon pages are painted, by the browser itself (a calm machine)
	@tests/find-chromium
	GRAPH_TEST_PAINT=1 $(BIN)/pytest $(ARGS) tests/browser/test_first_loads.py

clean: ## remove the virtual environment and every cache
	rm -rf $(VENV) build tests/clients/node_modules benchmarks/peers/node_modules *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .grimp_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

setup-tests: $(VENV)/.tests-installed

$(BIN)/python:
	@found=; for python in $(PYTHON) python3 python3.13 python3.12 python3.11 python3.14 python; do \
		if $$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2> /dev/null; \
		then found=$$python; break; fi; done; \
	if [ -z "$$found" ]; then \
		echo "Python 3.11 or newer with its venv module is needed and was not found." >&2; \
		echo "On Debian or Ubuntu: apt-get install python3-venv. Elsewhere: make PYTHON=/path/to/python3.11" >&2; \
		exit 1; fi; \
	echo "Making $(VENV) with $$($$found --version)"; \
	$$found -m venv $(VENV)

# The stamps make installation happen again when a pin changes.
$(VENV)/.installed: requirements.txt pyproject.toml | $(BIN)/python
	@echo "Installing the program (about 100 MB, once)"
	@$(PIP) --require-hashes --requirement requirements.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.tests-installed: tests/requirements.txt $(VENV)/.installed
	@echo "Installing the tools of the tests"
	@$(PIP) --require-hashes --requirement tests/requirements.txt
	@touch $@

# In an environment of its own: what audits is no part of what is audited.
$(VENV)/audit/.installed: tests/audit-requirements.txt | $(BIN)/python
	@echo "Installing the tool of the audit"
	@$(BIN)/python -m venv $(VENV)/audit
	@$(VENV)/audit/bin/python -m pip --disable-pip-version-check --no-input install --quiet --require-hashes --requirement tests/audit-requirements.txt
	@touch $@
