# make help lists the targets. PYTHON chooses the interpreter of the environment (3.11 or newer).
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.set-up
# Two tests at a time, a core each: tiny models gain nothing from threads.
WORKERS ?= 2
TESTS := HF_HUB_OFFLINE=1 OMP_NUM_THREADS=1 PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile
SLOW := slow$(if $(STILTS_REAL_DATA)$(STILTS_REAL_MODEL), or real, and not real)

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-slow lint

help: ## This list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r name text; do printf '%-10s %s\n' "$$name" "$$text"; done

setup: $(STAMP) ## Environment in .venv with the tested versions (again only when these change)

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[dev]"
	@touch $(STAMP)

demo: setup ## The whole chain on built-in data, recorded in mlflow.db
	PATH="$(CURDIR)/$(BIN):$$PATH" mlflow run . -e main --env-manager local --experiment-name stilts

test: setup ## Quick tests
	$(TESTS)

test-slow: setup ## Entry points, servers and processes for real; with STILTS_REAL_DATA and STILTS_REAL_MODEL real data too
	$(TESTS) -m "$(SLOW)"

lint: setup ## Style, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
