# StreamBus: `make demo` shows it, `make test` proves it. Both set themselves up in .venv.

PYTHON ?= $(shell for p in /usr/bin/python3 python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
MACHINES := streambus/kernel/*,streambus/records/*,streambus/checkers/*,streambus/wire/*,streambus/storage/*,streambus/replication/*,$\
	streambus/metadata/*,streambus/broker/*,streambus/client/*
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: setup demo test toolchains clients bench bench-storage swarm mutants check examples clean has-python
.DEFAULT_GOAL := help

help:
	@echo "make demo    start a real broker, kill it under load, verify every acknowledged record, simulate 50 power cuts, write a report"
	@echo "make test    run the whole test suite with coverage"
	@echo "make toolchains  install and build what the stock clients of other languages need; then make test asks them, too"
	@echo "make clients  ask every stock client for everything, and make docs/clients.md"
	@echo "make bench   compare StreamBus side by side with its limit and its peers"
	@echo "make bench-storage  compare the storage engine with bare loops and RocksDB"
	@echo "make swarm   1,250 simulated worlds, each played in two processes"
	@echo "make mutants plant bugs and see whether the simulator finds them"
	@echo "make check   lint, types and layering"
	@echo "make examples  make the example reports in reports/examples again"
	@echo "make setup   only make $(VENV) (the others do it by themselves)"

setup: $(READY)

$(READY): pyproject.toml
	@test -n "$(PYTHON)" || { echo "StreamBus needs Python 3.11 or newer with the venv module (Debian: apt install python3-venv)"; exit 1; }
	@echo "Setting up $(VENV) with $(PYTHON) (once, about a minute) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $(READY)

demo: $(READY)
	@$(BIN)/python -m streambus.cli demo

test: $(READY)
	@$(BIN)/python -m pytest -n auto --cov --cov-report=
	@echo "== branch coverage of everything"
	@$(BIN)/coverage report --skip-covered --skip-empty
	@echo "== branch coverage of the machines (layers 0-4), 95 % at least"
	@$(BIN)/coverage report --fail-under=95 --format=total --include='$(MACHINES)'

toolchains: $(READY)
	@tests/stock/toolchains

clients: $(READY) toolchains
	@STREAMBUS_ALL_CLIENTS=1 $(BIN)/python -m pytest tests/stock -q -n auto --rewrite --ignore tests/stock/test_table.py
	@$(BIN)/python -m tests.stock.table

bench: $(READY)
	@$(BIN)/python -m benchmarks

bench-storage: $(READY)
	@$(BIN)/python -c 'import rocksdict' 2>/dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]' || true
	@$(BIN)/python -m benchmarks.storage

swarm: $(READY)
	@$(BIN)/streambus sim swarm --seeds 250 --scenario small_world --scenario random --scenario anything_goes --scenario storage_churn --scenario rotten_disk --twice --require-rare

mutants: $(READY)
	@$(BIN)/streambus sim mutants --seeds 200 --shrink 0

check: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

examples: $(READY)
	@$(BIN)/python tests/reporting/make_examples.py
	@$(BIN)/python tests/explain/make_example.py

has-python:
	@test -n "$(PYTHON)"

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage*
