# make demo    set up and rank the sample newsroom        make test    set up and run all tests
# make check   lint, types, layers                        make bench   time and measure, results into benchmarks/results/
# make serve   the HTTP service on the sample newsroom, http://127.0.0.1:8710/docs
# make docs    the documentation site, docs/_build/html   make docs-links   follow its links into the web (needs a network)

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help demo test check bench serve docs docs-links clean

help:
	@sed -n '1,4p' Makefile | cut -c3-

# One environment for everything, made once and again when the dependencies change.
$(READY): pyproject.toml constraints.txt
	@echo "setting up $(VENV) (once; torch and its friends take a few minutes)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $(READY)

demo: $(READY)
	@echo "ranking the sample newsroom in data/newsroom: ranker demo"
	@$(BIN)/ranker demo

test: $(READY)
	@$(BIN)/python -m pytest -n auto --maxprocesses=4 --dist=loadgroup

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	MYPYPATH=docs/_ext $(BIN)/mypy docs/_ext/ranker_docs docs/conf.py
	$(BIN)/hadolint Dockerfile
	$(BIN)/python -m pytest -q tests/test_layers.py

bench: $(READY)
	@$(BIN)/python benchmarks/run.py

serve: $(READY)
	@$(BIN)/ranker serve --demo

docs: $(READY)
	@$(BIN)/sphinx-build -W --keep-going -n -q -E -c docs -d docs/_build/doctrees . docs/_build/html
	@DOCS_SITE=docs/_build/html $(BIN)/python -m pytest -q tests/docs/test_links.py tests/docs/test_site.py
	@echo "open docs/_build/html/index.html"

docs-links: $(READY)
	@$(BIN)/sphinx-build -n -q -b linkcheck -c docs -d docs/_build/doctrees . docs/_build/links

clean:
	rm -rf $(VENV) build dist docs/_build .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage
