# The verbs everybody uses, in the environment that the second command of the README makes.
PYTHON ?= .venv-test/bin/python

test:       ## every test, with lint, types and the import contract
	$(PYTHON) -m pytest
lint:       ## ruff, formatting, types, imports
	$(PYTHON) -m ruff check && $(PYTHON) -m ruff format --check && $(PYTHON) -m mypy && $(dir $(PYTHON))lint-imports
fix:        ## what ruff can mend by itself
	$(PYTHON) -m ruff check --fix && $(PYTHON) -m ruff format
docs:       ## rewrite the generated tables of the README
	$(PYTHON) -m cds_service docs
bench:      ## processor time of a hook call beside an empty Flask service
	$(PYTHON) -m tests.benchmarks.hooks
.PHONY: test lint fix docs bench
