# The two commands: `make demo` and `make test`. Everything is installed into .venv, nothing elsewhere.
#   make demo    the environment, then a network trained on real digits, evaluated and used
#   make test    the same, then the tests
#   make lint    ruff, mypy, import-linter
#   make docs    the documentation, strictly: a warning is an error
#   make bench   the measurements of benchmarks/ (long)
#   make clean   remove caches and built pages; distclean removes .venv too; runs/ is never touched

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check
CORE   := $(VENV)/.core
DEV    := $(VENV)/.dev
# Up to four cores run tests, each on one thread: they are small, and a worker takes up to 2 GB.
PYTEST ?= OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist worksteal

.PHONY: demo test lint docs bench clean distclean
.DELETE_ON_ERROR:
.NOTPARALLEL:

demo: $(CORE)
	$(BIN)/python examples/demo.py

test: $(DEV) demo
	$(PYTEST)

lint: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(DEV)
	$(BIN)/sphinx-build -W -n --keep-going -q -b html docs docs/_build/html

bench: $(DEV)
	@set -e; for script in $(sort $(wildcard benchmarks/[a-z]*.py)); do echo "== $$script"; $(BIN)/python $$script; done

clean:
	rm -rf build dist docs/_build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests examples benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

distclean: clean
	rm -rf $(VENV)

# One environment, two stamps: the demo installs what a user gets, the tests add the tools.
$(VENV)/.made:
	@command -v $(PYTHON) >/dev/null 2>&1 && $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "error: vzor needs Python 3.11 or newer and '$(PYTHON)' is not; name another, for example:" \
	       "make $(or $(firstword $(MAKECMDGOALS)),demo) PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(CORE): pyproject.toml constraints.txt $(VENV)/.made
	@echo "Installing into $(VENV); the first time PyTorch is fetched, which takes some minutes."
	$(PIP) install -c constraints.txt -e .
	@touch $@

$(DEV): $(CORE)
	$(PIP) install -c constraints.txt -e '.[dev]'
	@touch $@
