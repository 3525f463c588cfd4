# tocsin: `make run` starts the bot, `make test` runs the tests. Both set up what they need.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help run test crash-test lint format bench docs pictures clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## */\1\t/' | expand -t 12

run: $(VENV)/.run  ## start the bot (simulated market until there is a config.toml)
	@$(BIN)/tocsin run

test: $(VENV)/.test  ## run the tests
	@$(BIN)/python -m pytest -n auto $(TEST_OPTIONS)

crash-test: $(VENV)/.test  ## kill the bot at named points for a minute, and count what people have
	@PYTHONPATH=. $(BIN)/python -m tests.crash $(CRASH_OPTIONS)

lint: $(VENV)/.lint  ## style, types and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.lint  ## put the code in shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.test  ## measure, as ratios against named baselines
	@for file in bench/bench_*.py; do PYTHONPATH=. $(BIN)/python $$file || exit 1; done

docs: $(VENV)/.run  ## write the generated pages: docs/commands.md, config.example.toml
	$(BIN)/python -m bot.documents

pictures: $(VENV)/.test  ## draw the pictures of the README from what the program renders
	@PYTHONPATH=. $(BIN)/python -m tests.pictures

clean:  ## remove the virtual environment; data/ and config.toml stay
	rm -rf $(VENV)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "tocsin needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V). Name another: make run PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: pyproject.toml | $(VENV)/bin/python
	@echo "installing tocsin into $(VENV) (once; a minute or two)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/.test: pyproject.toml | $(VENV)/bin/python
	@echo "installing tocsin and its test tools into $(VENV) (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	@touch $@

$(VENV)/.lint: pyproject.toml | $(VENV)/bin/python
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test,lint]'
	@touch $@
