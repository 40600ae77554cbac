# A few short commands. `make` alone lists them.
PYTHON ?= python3
BIN := .venv/bin
.DEFAULT_GOAL := help
.PHONY: help install demo serve test test-clients check bench bench-engine bench-routing pocket

help:  ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

.venv/.installed: pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing. The first time, llama.cpp is compiled from source: about 5 to 10 minutes on 2 cores."
	@$(BIN)/python -m pip install -q -U 'pip>=25.1'
	$(BIN)/python -m pip install -e . --group dev
	@touch $@

install: .venv/.installed  ## make .venv and install everything

demo: .venv/.installed  ## ask real questions through the router, show the split, leave nothing running
	@$(BIN)/agent-router demo

serve: .venv/.installed  ## run the router on http://127.0.0.1:8484
	@$(BIN)/agent-router serve

test: .venv/.installed  ## all tests
	$(BIN)/python tests/models/engine/fetch_templates.py
	$(BIN)/python -m pytest -n 2 --dist loadfile

test-clients: .venv/.installed  ## the agents that people use before a running router (installs them, once)
	$(BIN)/python -m pytest -m clients tests/clients

check: .venv/.installed  ## formatting, lint, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: .venv/.installed  ## latency and throughput against the direct upstream (PEERS=1: LiteLLM and Portkey too)
	$(BIN)/python -m tests.bench $(if $(PEERS),--peers)

bench-engine: .venv/.installed  ## the local engine beside llama.cpp's own servers (builds llama-server, once)
	$(BIN)/python -m tests.bench.engine

bench-routing: .venv/.installed  ## a stream of agents' side calls through a running router: what it learns, at what cost
	$(BIN)/python -m tests.bench.routing

pocket:  ## train the bundled model into build/pocket, about half an hour (SMOKE=1: two minutes)
	@test -x .venv-pocket/bin/python || $(PYTHON) -m venv .venv-pocket
	.venv-pocket/bin/python -m pip install -q -U 'pip>=25.1'
	.venv-pocket/bin/python -m pip install --group pocket
	.venv-pocket/bin/python -m models.pocket.train --out build/pocket $(if $(SMOKE),--smoke)
	.venv-pocket/bin/python -m models.pocket.export --from build/pocket --out build/pocket/pocket.gguf
	.venv-pocket/bin/python -m models.pocket.expect --from build/pocket --out build/pocket/expected.json
	@test ! -x $(BIN)/python || $(BIN)/python -m models.pocket.evaluate build/pocket/pocket.gguf
