# Two commands do all the set-up: `make demo` and `make test`.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
JOBS   ?= 2

.PHONY: demo test lint check campaign hdl clean

demo: $(VENV)/installed
	$(BIN)/fcgen demo

test: $(VENV)/tested icarus
	$(BIN)/pytest -n $(JOBS)

lint: $(VENV)/tested
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

campaign: $(VENV)/tested icarus
	$(BIN)/python bench/campaign.py --jobs $(JOBS)

hdl: $(VENV)/installed
	$(BIN)/python hdl/generate.py

# An editable install: the package is read from gen/, so that only pyproject.toml asks for a new one.
$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(VENV)/tested: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	touch $@

.PHONY: icarus
icarus:
	@sh tests/install_icarus.sh

clean:
	rm -rf $(VENV) build
