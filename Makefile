# `make demo` and `make test` do all the set-up themselves: a virtual environment in .venv, made once.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
FUZZ_READY := $(VENV)/.fuzz-ready
BENCH_READY := $(VENV)/.bench-ready

.PHONY: demo test lint types unit bench fuzz clean

demo: $(READY)
	$(BIN)/python scripts/demo.py

test: lint types unit

lint: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(READY)
	$(BIN)/mypy

unit: $(READY)
	$(BIN)/pytest -n auto

bench: $(BENCH_READY)
	$(BIN)/python -m benchmarks

# make fuzz SECONDS=60, or RUNS=3000000, for every target or for TARGET=note.
SECONDS ?= $(if $(RUNS),,60)
fuzz: $(FUZZ_READY)
	$(BIN)/python -m tests.fuzz.campaign $(if $(SECONDS),--seconds $(SECONDS)) $(if $(RUNS),--runs $(RUNS)) $(TARGET)

$(BENCH_READY): $(READY)
	$(BIN)/pip install --quiet --only-binary pycurl --editable '.[bench]' || echo "pycurl has no wheel here; its figures are left out"
	touch $@

$(FUZZ_READY): $(READY)
	$(BIN)/pip install --quiet --editable '.[fuzz]'
	touch $@

$(READY): pyproject.toml
	@command -v gpg >/dev/null || { echo "gpg is needed: install GnuPG 2.2 or newer (Debian: apt install gnupg)"; exit 1; }
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) build .mypy_cache .pytest_cache .ruff_cache .hypothesis
