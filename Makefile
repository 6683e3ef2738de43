# Needs make and Python 3.11 or newer. Everything else goes into .venv, pinned by hash.

PYTHON ?= python3
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input
LOCK := $(BIN)/uv pip compile --quiet --no-config --system-certs --python $(BIN)/python \
  --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
  --annotation-style line --no-strip-extras

# An active virtualenv and a personal pip setting must not redirect the install.
unexport VIRTUAL_ENV PYTHONHOME PYTHONPATH
unexport PIP_USER PIP_TARGET PIP_PREFIX PIP_ROOT PIP_NO_BUILD_ISOLATION PIP_REQUIRE_VIRTUALENV
MAKEFLAGS += --no-print-directory

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test faults coverage lint types contracts screenshots lock clean

help:  ## Say what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

run: $(VENV)/.run  ## Open the console; ARGS="keys list" is passed on
	@$(BIN)/keyconsole $(ARGS)

test: lint types contracts  ## Check everything; ARGS="-k revoke" is passed to pytest
	@$(BIN)/python -m pytest $(ARGS)

# What decides over a key, and the tests of it: every branch, with no line excused. It takes some
# minutes more than the same tests do without, so it is no part of `make test`.
coverage: export COVERAGE_FILE := $(VENV)/coverage/data
coverage: $(VENV)/.dev  ## Every branch of what decides over a key is tried
	@rm -rf $(VENV)/coverage && mkdir $(VENV)/coverage
	@$(BIN)/python -m pytest tests/test_credential.py $(addprefix tests/service/, verification \
	  store/postgres/test_lookup.py $(foreach each, audit disabling identification minting \
	  possession revocation revocations settings,rules/test_$(each).py) $(foreach each, app checkpoints limits \
	  metrics pipelining rotation_of_roots shortcut shutdown,test_$(each).py)) \
	  --deselect tests/service/test_checkpoints.py::test_several_workers_write_each_checkpoint_once \
	  --deselect tests/service/test_limits.py::test_a_million_sources_take_no_more_memory_than_the_bound \
	  --cov --cov-report=term-missing:skip-covered --cov-fail-under=100 $(ARGS)

faults: $(VENV)/.dev  ## Fifty faults of each kind on the files of a service; ARGS="removed --seed 7"
	@$(BIN)/python -m tests.faults $(ARGS)

lint: $(VENV)/.dev  ## Rules and layout of the source
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(VENV)/.dev  ## Types, strictly
	@$(BIN)/mypy

contracts: $(VENV)/.dev  ## Who may import whom
	@$(BIN)/lint-imports --no-logo

screenshots: $(VENV)/.dev  ## Draw the pictures of the documentation again
	@$(BIN)/python screenshots/draw.py $(ARGS)

lock: export UV_CUSTOM_COMPILE_COMMAND = make lock
lock: $(VENV)/.lock  ## Write the pins again; ARGS=--upgrade takes the newest versions
	@$(LOCK) $(ARGS) requirements/lock.in -o requirements/lock.txt
	@$(LOCK) $(ARGS) pyproject.toml requirements/build.in -o requirements/run.txt
	@$(LOCK) $(ARGS) -c requirements/run.txt pyproject.toml requirements/build.in \
	  requirements/dev.in -o requirements/dev.txt

clean:  ## Remove .venv and every cache
	@rm -rf $(VENV) build dist .coverage .hypothesis .import_linter_cache .mypy_cache \
	  .pytest_cache .ruff_cache snapshot_report.html
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

$(VENV)/.lock: requirements/lock.txt $(BIN)/python
	@$(PIP) install --require-hashes -r requirements/lock.txt
	@touch $@
