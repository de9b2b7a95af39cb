# The verbs everybody uses, in the environment that the second command of the README makes.
PYTHON ?= .venv-test/bin/python

test:       ## every test, with lint, types and the import contract
	$(PYTHON) -m pytest
test-all:   ## those too that wait for real servers: a few minutes more
	$(PYTHON) -m pytest -m "long or not long"
lint:       ## ruff, formatting, types, imports
	$(PYTHON) -m ruff check && $(PYTHON) -m ruff format --check && $(PYTHON) -m mypy && $(dir $(PYTHON))lint-imports
fix:        ## what ruff can mend by itself
	$(PYTHON) -m ruff check --fix && $(PYTHON) -m ruff format
docs:       ## rewrite the generated tables of the README
	$(PYTHON) -m cds_service docs
pictures:   ## the pictures of the README anew, from the running service (needs Chromium)
	$(PYTHON) -m tests.pictures
bench:      ## processor time of a hook call beside an empty Flask service, and what a token adds
	$(PYTHON) -m tests.benchmarks.hooks
	$(PYTHON) -m tests.benchmarks.authentication
bench-%:    ## one more table of docs/performance.md, by name: shares, instructions, growth, latency, fetching, footprint, kept, soak, capacity
	$(PYTHON) -m tests.benchmarks.$*
faults:     ## what a client sees of each fault of PostgreSQL, Redis, FHIR servers, disks and clocks: docs/faults.md
	$(PYTHON) -m tests.faults
lock:       ## lock files anew after a change in pyproject.toml; what is locked keeps its version
	$(PYTHON) -m tests.supply_chain.lock
upgrade:    ## lock files anew, everything in its newest version
	$(PYTHON) -m tests.supply_chain.lock --upgrade
audit:      ## known weaknesses of what is locked; fails too where that cannot be found out
	$(PYTHON) -m tests.supply_chain.audit
sbom:       ## bill of materials of the environment that the first command of the README makes
	$(PYTHON) -m tests.supply_chain.sbom .venv/bin/python
artefacts:  ## wheel and source distribution in dist/, from this checkout as it lies there
	$(PYTHON) -m tests.supply_chain.artefacts
image:      ## docker/Dockerfile built without a container engine, and the service in it tried (root, buildah, debootstrap)
	$(PYTHON) -m tests.image
.PHONY: test test-all lint fix docs pictures bench faults lock upgrade audit sbom artefacts image
