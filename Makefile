# Qingsheng. `make help` prints the lines that begin with two hashes.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help run test campaign check bench lock map clean

## run      start everything with sample data and the simulator, print the addresses (PORT=8000)
run: $(VENV)/.production
	@exec $(BIN)/python -m bot run --demo --with-parent $(if $(PORT),--port $(PORT))

## test     all tests, each on one of the two databases (ARGS="-k reminder" for a part)
test: $(VENV)/.development
	$(BIN)/python -m pytest -n auto --dist loadfile $(ARGS)

## campaign the longer form: a whole county, more people in the rushes, more kills, each test on both databases
campaign: export BOT_TEST_CAMPAIGN = 1
campaign: test

## check    lint, types, import rules, FAQ
check: $(VENV)/.development
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m bot faq check
	$(BIN)/python -m bot menu check

## bench    measurements beside peers, written to benchmarks/README.md
bench: $(VENV)/.benchmarks
	$(BIN)/python -m benchmarks.webhook --write
	$(BIN)/python -m benchmarks.wire
	$(BIN)/python -m benchmarks.understanding --policies
	$(BIN)/python -m benchmarks.understanding --lite
	$(BIN)/python -m benchmarks.intents --write
	$(BIN)/python -m benchmarks.footprint --write
	$(BIN)/python -m benchmarks.volumes --write
	-$(BIN)/python -m benchmarks.rush --write
	$(BIN)/python -m benchmarks.exports --write
	-$(BIN)/python -m benchmarks.pages --write
	$(BIN)/python -m benchmarks.broadcast_kills --write
	$(BIN)/python -m benchmarks.push_kills --write
	-$(BIN)/python -m benchmarks.pushes --write
	$(BIN)/python -m benchmarks.matching --write

## map      write the files' first lines into ARCHITECTURE.md
map: $(VENV)/.production
	$(BIN)/python -m tests.architecture_map

## lock     pin every package with its hashes, after a change of requirements*.in
lock: $(VENV)/.development
	$(BIN)/uv pip compile $(LOCK) requirements.in -o requirements.txt
	$(BIN)/uv pip compile $(LOCK) requirements-dev.in -o requirements-dev.txt
	$(BIN)/uv pip compile $(LOCK) benchmarks/requirements.in -o benchmarks/requirements.txt
LOCK := --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header

## clean    remove the environment and caches; data/ stays
clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

help:
	@sed -n 's/^## /make /p' $(MAKEFILE_LIST)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "需要 Python 3.11 或更新的版本；用 make run PYTHON=/path/to/python3.12 指定。" >&2; exit 1; }
	@echo "正在建立 Python 环境（$(VENV)）……"
	@$(PYTHON) -m venv $(VENV) \
	  || { echo "建不了虚拟环境：Debian/Ubuntu 请先安装 python3-venv。" >&2; rm -rf $(VENV); exit 1; }

$(VENV)/.production: requirements.txt | $(BIN)/python
	@if [ -e $(VENV)/.development ]; then $(MAKE) --no-print-directory $(VENV)/.development; else \
	  echo "正在安装需要的包，第一次要一两分钟……"; \
	  $(BIN)/python -m pip install -qq --require-hashes -r requirements.txt; fi
	@touch $@

$(VENV)/.development: requirements-dev.txt | $(BIN)/python
	@echo "正在安装测试和检查需要的包，第一次要一两分钟……"
	@$(BIN)/python -m pip install -qq --require-hashes -r requirements-dev.txt
	@touch $@ $(VENV)/.production

$(VENV)/.benchmarks: benchmarks/requirements.txt $(VENV)/.development
	@$(BIN)/python -m pip install -qq --require-hashes -r benchmarks/requirements.txt
	@touch $@
