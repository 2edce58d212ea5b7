# make reproduce | make test | make lab | make book: each installs into .venv first, once.
PYTHON ?= python3
VENV ?= .venv
BOOK ?= build/book
BIN = $(VENV)/bin
AS_ROOT = $(if $(filter 0,$(shell id -u)),--allow-root)

.PHONY: reproduce test lint unit notebooks lab book clean

reproduce: $(VENV)/installed
	$(BIN)/alexnet reproduce

test: lint unit notebooks

lint: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

unit: $(VENV)/installed
	$(BIN)/pytest

notebooks: $(VENV)/installed
	$(BIN)/pytest --nbval notebooks

lab: $(VENV)/installed
	$(BIN)/jupyter lab --notebook-dir=notebooks $(AS_ROOT)

book: $(VENV)/installed
	$(BIN)/sphinx-build -W --keep-going -q -c book -d build/pages . $(BOOK)
	@echo "the book is in $(BOOK): open its index.html"

clean:
	rm -rf $(VENV) build *.egg-info

$(VENV)/installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --disable-pip-version-check -q -e '.[dev]'
	touch $@
