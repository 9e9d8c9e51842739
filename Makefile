# Everything that can be done with a checkout; `make help` lists it. Each target installs what it needs by itself.

VENV := .venv
BIN := $(VENV)/bin
# The first Python that fits; `make up PYTHON=/path/to/python` chooses another.
PYTHON ?= $(shell for p in python3.12 python3.13 python3.11 python3 python; do \
	"$$p" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null && echo "$$p" && break; done)
# uv is fast and checks hashes; where it is missing, it is installed into the environment.
UV = $(or $(shell command -v uv 2>/dev/null),$(BIN)/uv)
INSTALL = $(UV) pip install --quiet --python $(BIN)/python
PIN = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	--no-emit-index-url --no-emit-find-links
# Tests run in two processes, file by file; those that start whole systems come last, in one of them.
SIDE_BY_SIDE = -n 2 --dist loadfile --no-loadscope-reorder
# What is tested in several languages or on both databases is tested in one of them, and the longest not at all.
FORM = $(if $(LONG),,-m "not long")
# None takes the other's core.
ONE_THREAD = OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1

.DEFAULT_GOAL := help
.PHONY: chaos help setup up down status next quick test containers check lint bench soak reference docs wheel pins upgrade clean

help: ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: $(VENV)/.native ## Install what running needs into .venv

up: setup ## Start everything; returns when a learned model answers
	@$(BIN)/matinee up

down: ## Stop everything that `make up` started
	@if [ -x $(BIN)/matinee ]; then $(BIN)/matinee down; else echo "Nothing is installed, so nothing runs."; fi

status: setup ## Show each process, its address and the served model
	@$(BIN)/matinee status

next: setup ## Advance one chunk: ingest, train, evaluate, promote, deploy
	@$(BIN)/matinee next

quick: lint ## Check the code and run the tests that need no server and no long data, in a minute
	@$(ONE_THREAD) $(BIN)/python -m pytest -q -m "not slow and not long" --hypothesis-profile quick $(SIDE_BY_SIDE) --durations=5 tests/unit

test: $(VENV)/.dev ## Run the tests, without those of the containers (make containers); LONG=1: in every variant
	@$(ONE_THREAD) $(BIN)/python -m pytest $(FORM) $(SIDE_BY_SIDE) --durations=15 tests/unit tests/contract tests/dags
	@$(BIN)/python -m pytest $(FORM) --durations=15 tests/e2e tests/chaos

containers: $(VENV)/.dev ## Run only the tests of the containers
	@$(BIN)/python -m pytest tests/containers

lint: $(VENV)/.dev ## Check format, lint rules, types and pins
	@$(BIN)/ruff format --check
	@$(BIN)/ruff check
	@$(BIN)/mypy
	@if grep -nE 'https?://|index-url|find-links' requirements/*.txt; then echo "requirements/ must name no address"; exit 1; fi

check: lint test ## Everything that must be green before a change lands

chaos: $(VENV)/.dev ## Kill and freeze a whole matinee 200 times on SQLite and, if all held, on PostgreSQL: well over three hours
	@PYTHONPATH=tests $(BIN)/python -m chaos --database sqlite --drill
	@PYTHONPATH=tests $(BIN)/python -m chaos --database postgresql

bench: setup ## Measure the loop, a week through the real Airflow: make bench DAYS=7
	@$(BIN)/python bench/loop.py $(if $(DAYS),--days $(DAYS))

soak: $(VENV)/.dev ## Live years of days on a simulated clock and measure them: make soak DAYS=60
	@$(BIN)/python bench/soak.py $(if $(DAYS),--days $(DAYS)) --json

reference: $(VENV)/.dev ## Write the pages of docs/ that are made from the code
	@$(BIN)/python docs/generate.py

docs: reference ## Build the documents as a site, in site/
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict # never --quiet, which hides the warnings that strict counts
	@echo "Open site/index.html"

wheel: $(VENV)/.dev ## Build the package, in dist/
	@$(UV) build --quiet --wheel
	@ls dist/*.whl

pins: $(VENV)/.dev ## Pin all requirements with hashes; versions that still fit stay
	@$(PIN) $(UPGRADE) --all-extras pyproject.toml -o requirements/dev.txt
	@for set in native:train,serve,ui,airflow,local core: train:train api:serve ui:ui airflow:airflow \
		kubernetes:airflow,kubernetes mlflow:mlflow objects:objects; do \
		$(PIN) -c requirements/dev.txt $$(echo $${set#*:} | tr , '\n' | sed '/./s/^/--extra /') pyproject.toml -o requirements/$${set%:*}.txt; done
	@printf '%s\n' 'hatchling>=1.27' 'uv>=0.9' | $(PIN) $(UPGRADE) - -o requirements/build.txt

upgrade: ## Pin the newest versions of all requirements
	@$(MAKE) --no-print-directory pins UPGRADE=--upgrade

clean: down ## Remove the environment (people's data in .matinee stays)
	rm -rf $(VENV)

$(VENV)/.made:
	@if [ -z "$(PYTHON)" ]; then echo "matinee needs Python 3.11, 3.12 or 3.13; install one, or name it: make up PYTHON=/path/to/python" >&2; exit 2; fi
	@echo "Making the environment $(VENV) with $$($(PYTHON) --version)"
	@if command -v uv >/dev/null 2>&1; then uv venv --quiet --clear --python "$$(command -v $(PYTHON))" $(VENV); \
	else $(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install --quiet --disable-pip-version-check uv; fi
	@touch $@

$(VENV)/.native: requirements/native.txt pyproject.toml | $(VENV)/.made
	@echo "Installing matinee and what it runs on (about 1 GB, once)"
	@$(INSTALL) --compile-bytecode --require-hashes -r requirements/native.txt
	@$(INSTALL) --no-deps --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt pyproject.toml | $(VENV)/.made
	@echo "Installing matinee with its development tools (about 1 GB, once)"
	@$(INSTALL) --compile-bytecode --require-hashes -r requirements/dev.txt
	@$(INSTALL) --no-deps --editable .
	@touch $@ $(VENV)/.native
