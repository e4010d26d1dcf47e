# Needs Python >= 3.11, make, and the Python package index; everything else is set up in .venv.
PYTHON ?= python3
BIN := .venv/bin
# More evidence beside the proofs: EVIDENCE="--stability 10 --cross-check".
EVIDENCE :=
# Two tests at a time; each starts as many worker processes as it asks for.
PARALLEL := --numprocesses 2 --dist worksteal

.PHONY: prove test test-slow test-all bench ratios check lint clean

prove: .venv/ready
	$(BIN)/drystone prove $(EVIDENCE)

test: .venv/ready lint
	$(BIN)/python -m pytest $(PARALLEL) -m "not slow"

test-slow: .venv/ready
	$(BIN)/python -m pytest $(PARALLEL) -m slow

# Both in one session: what CI runs.
test-all: .venv/ready
	$(BIN)/python -m pytest $(PARALLEL)

bench: ratios
	$(BIN)/python -m pytest tests/benchmarks --benchmark-enable --benchmark-disable-gc

# How fast the tool is beside a reference loop: .drystone/benchmarks.json, and a warning of what has become slower.
ratios: .venv/ready
	$(BIN)/python tests/benchmarks/ratios.py

check: .venv/ready
	$(BIN)/drystone check

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

.venv/ready: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@

clean:
	rm -rf .venv .drystone .hypothesis .pytest_cache .mypy_cache .ruff_cache
