# Two commands for a newcomer: `make serve` and `make test`.
PYTHON ?= python3
BIN = .venv/bin
HOST ?= 127.0.0.1
PORT ?= 8000
VENDOR = kg/pages/vendor/manifest.json
MESSAGES = $(patsubst %.po,%.mo,$(wildcard kg/locale/*/LC_MESSAGES/kg.po))

.PHONY: help serve build test lint bench messages lock clean

help:  ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/'

serve: build  ## build the release and serve it on http://127.0.0.1:8000
	$(BIN)/kg serve --host $(HOST) --port $(PORT)

build: $(BIN)/kg $(VENDOR) $(MESSAGES)  ## check, build, validate and release into dist/
	$(BIN)/kg build

# what Python has compiled serves the next of the many processes that the tests start
test: export PYTHONDONTWRITEBYTECODE :=
test: $(BIN)/kg $(VENDOR) $(MESSAGES)  ## run every test that this machine can run, and say which could not
ifdef PYTEST
	$(BIN)/python -m pytest $(PYTEST)
else
	$(BIN)/python -m pytest -m "not alone" -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder; together=$$?; \
	$(BIN)/python -m pytest -m alone && exit $$together
endif

lint: $(BIN)/kg  ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(BIN)/kg $(MESSAGES)  ## measure times and memory, as ratios in one run
	$(BIN)/python tests/bench.py
	$(BIN)/python tests/bench_service.py $(BENCH)
	$(BIN)/python tests/bench_pages.py $(PAGES)

messages: $(BIN)/kg  ## find the words that people read, bring the catalogues up to date and compile them
	$(BIN)/python assets/messages.py

lock: $(BIN)/kg  ## renew requirements.lock from pyproject.toml
	$(BIN)/pip install --quiet pip-tools
	$(BIN)/pip-compile --quiet --upgrade --strip-extras --allow-unsafe --generate-hashes --no-emit-index-url \
		--no-emit-trusted-host --no-emit-find-links --no-header --extra dev --extra add --output-file requirements.lock pyproject.toml

clean:  ## remove what can be made again
	rm -rf .venv dist .dist.* .mypy_cache .ruff_cache .pytest_cache .hypothesis assets/node_modules $(dir $(VENDOR)) $(MESSAGES)

$(BIN)/kg: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: set PYTHON=...")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

kg/locale/%/LC_MESSAGES/kg.mo: kg/locale/%/LC_MESSAGES/kg.po hatch_build.py | $(BIN)/kg
	$(BIN)/python hatch_build.py

$(VENDOR): assets/package-lock.json assets/copy.mjs | $(BIN)/kg
	@$(BIN)/python hatch_build.py assets
