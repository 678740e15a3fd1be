# The project's one door for people: make live, test, cover, lint, bench, screens, soak, lock.
SHELL := bash
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin

PORT ?= 8050
CITY ?= 36.71
# a data folder belongs to one city
DATA ?= data$(if $(filter-out 36.71,$(CITY)),-$(CITY))
BOUNDARIES ?=

.PHONY: live test cover lint bench screens soak lock needs clean

live: .venv/live.stamp
	@LIVEROOM_PORT='$(PORT)' LIVEROOM_DATA='$(DATA)' LIVEROOM_CITY='$(CITY)' LIVEROOM_BOUNDARIES='$(BOUNDARIES)' exec $(BIN)/liveroom up --demo

test: lint needs
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --durations=25 $(ARGS)

# the same tests, and which lines they reach; that takes half as long again
cover: lint needs
	$(BIN)/python -m pytest -n 2 --dist loadfile --cov --cov-report=term:skip-covered $(ARGS)

lint: .venv/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/dev.stamp .venv-dlt/bench.stamp needs
	$(BIN)/python -m bench $(ARGS)

# the pictures of the documents, of the demo that runs on PORT (make live)
screens: .venv/dev.stamp needs
	$(BIN)/python -m bench.screens http://127.0.0.1:$(PORT) docs/screens

soak: .venv/dev.stamp needs
	LIVEROOM_KILLS=200 LIVEROOM_MOMENTS=200 LIVEROOM_WEEK=10000 $(BIN)/python -m pytest \
		tests/connectors/test_kill.py tests/layers/test_past.py tests/dashboard/test_week.py $(ARGS)

# what the tests need besides Python: a browser, PostgreSQL, a Redis-protocol server
needs:
	@tests/needs.sh

lock: .venv/dev.stamp
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header \
		--upgrade --extra build pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header \
		-c requirements.txt --extra build --extra dev pyproject.toml -o requirements-dev.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header \
		--upgrade bench/requirements-dlt.in -o bench/requirements-dlt.txt

.venv/bin/python:
	@[ -n "$(PYTHON)" ] || \
		{ echo "Live Room perlu Python 3.11 atau lebih baru. Di Debian/Ubuntu: apt install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
		{ echo "Modul venv belum ada. Di Debian/Ubuntu: apt install python3-venv"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/live.stamp: .venv/bin/python requirements.txt pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev.stamp: .venv/live.stamp requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

# dlt, that the same rows are loaded beside, in an environment of its own
.venv-dlt/bench.stamp: bench/requirements-dlt.txt .venv/dev.stamp
	$(BIN)/uv venv --quiet --clear .venv-dlt
	$(BIN)/uv pip install --quiet --python .venv-dlt/bin/python --require-hashes -r $<
	@touch $@

clean:
	rm -rf .venv .venv-dlt build dist *.egg-info
