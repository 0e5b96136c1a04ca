# Every target sets up what it needs. `make` lists them.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
FLOOR = .venv-floor
# real corpora for tests and benchmarks; without them those are skipped, with the reason
FEATURETRANSFER_CORPORA ?= $(wildcard $(abspath ../shared/data))
export FEATURETRANSFER_CORPORA
PYTEST = -m pytest -n 2 --dist loadfile

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test test-floor doctest docs lint format check examples bench bench-smoke clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: $(VENV)/.demo ## set up, then adapt and evaluate on the demo corpora (results in demo-results/)
	$(BIN)/featuretransfer demo

test: $(VENV)/.test ## set up, then run all tests and doctests with line coverage
	$(BIN)/python $(PYTEST) --cov --cov-report=term --cov-fail-under=95

test-floor: $(FLOOR)/.test ## the tests on the oldest supported dependencies
	$(FLOOR)/bin/python $(PYTEST)

doctest: $(VENV)/.test ## the examples of the docstrings, the README and the docs
	$(BIN)/python -m pytest featuretransfer README.md docs --doctest-glob='*.md'

docs: $(VENV)/.test ## write the pages of docs/ that are made from the code
	$(BIN)/python -m featuretransfer.corpora._tables > docs/labels.md
	$(BIN)/python docs/_methods.py > docs/methods.md
	$(BIN)/python docs/_settings.py > docs/settings.md

lint: $(VENV)/.lint ## style and spelling
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell

format: $(VENV)/.lint ## rewrite the code in the project's style
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

check: lint test ## what a change must pass

examples: $(VENV)/.test ## run the examples on the real corpora and keep what they print
	mkdir -p examples/results
	for script in examples/[!_]*.py; do \
	    $(BIN)/python -W ignore $$script > examples/results/$$(basename $$script .py).txt || exit 1; \
	done

bench: $(VENV)/.bench ## all benchmarks (about three hours; peers included)
	$(BIN)/python benchmarks/imports.py --output results/imports.json
	$(BIN)/python benchmarks/extract.py --output results/extract.json
	$(BIN)/python benchmarks/adapt.py --output results/adapt.json
	$(BIN)/python benchmarks/landmarks.py --output results/landmarks.json
	$(BIN)/python benchmarks/networks.py --output results/networks.json
	$(BIN)/python benchmarks/accuracy.py --output results/accuracy.json
	$(BIN)/python benchmarks/few_labels.py --output results/few-labels.json
	$(BIN)/python benchmarks/relatedness.py --output results/relatedness.json
	$(BIN)/python benchmarks/scorers.py --output results/scorers.json

bench-smoke: $(VENV)/.test ## every benchmark once on tiny data
	$(BIN)/python benchmarks/imports.py --smoke
	$(BIN)/python benchmarks/extract.py --smoke
	$(BIN)/python benchmarks/adapt.py --smoke
	$(BIN)/python benchmarks/landmarks.py --smoke
	$(BIN)/python benchmarks/networks.py --smoke
	$(BIN)/python benchmarks/accuracy.py --smoke
	$(BIN)/python benchmarks/few_labels.py --smoke
	$(BIN)/python benchmarks/relatedness.py --smoke
	$(BIN)/python benchmarks/scorers.py --smoke

clean: ## remove the environments and everything built
	rm -rf $(VENV) $(FLOOR) build dist results demo-results *.egg-info .pytest_cache .ruff_cache .coverage*

$(BIN)/python:
	$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "Python >= 3.11 is needed, got " + sys.version'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/.demo: EXTRA = plot
$(VENV)/.test: EXTRA = test
$(VENV)/.lint: EXTRA = lint
$(VENV)/.bench: EXTRA = bench
$(VENV)/.demo $(VENV)/.test $(VENV)/.lint $(VENV)/.bench: setup.cfg setup.py | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[$(EXTRA)]'
	touch $@

$(FLOOR)/.test: setup.cfg setup.py tests/floor.py
	$(PYTHON) -m venv --clear $(FLOOR)
	$(FLOOR)/bin/python -m pip install --quiet --upgrade pip
	$(FLOOR)/bin/python tests/floor.py setup.cfg > $(FLOOR)/constraints.txt
	$(FLOOR)/bin/python -m pip install --quiet --editable '.[test]' --constraint $(FLOOR)/constraints.txt
	touch $@
