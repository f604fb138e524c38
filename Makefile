# Two commands do all the set-up: `make demo` and `make test`.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
JOBS   ?= 2
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable

.PHONY: demo test lint campaign hdl docs icarus clean

demo: $(VENV)/installed
	$(BIN)/fcgen demo

test: $(VENV)/tested icarus
	$(BIN)/python -m pytest -n $(JOBS)

lint: $(VENV)/tested
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

campaign: $(VENV)/tested icarus
	$(BIN)/python bench/campaign.py --jobs $(JOBS)

hdl: $(VENV)/installed
	$(BIN)/python hdl/generate.py

docs: $(VENV)/tested
	$(BIN)/python docs/figures.py
	$(BIN)/python -m sphinx -q -W -n docs build/docs
	@echo "build/docs/index.html"

icarus:
	@sh tests/install_icarus.sh

# Where Python came without ensurepip, virtualenv makes the environment.
$(BIN)/python:
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV) && \
	$(PYTHON) -m pip install --quiet --target build/virtualenv virtualenv && \
	PYTHONPATH=build/virtualenv $(PYTHON) -m virtualenv --quiet $(VENV); }

# An editable install: the package is read from gen/, so that only pyproject.toml asks for a new one.
$(VENV)/installed: pyproject.toml | $(BIN)/python
	$(INSTALL) .
	touch $@

$(VENV)/tested: $(VENV)/installed
	$(INSTALL) '.[test]'
	touch $@

clean:
	rm -rf $(VENV) build
