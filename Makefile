# The commands of this project. `make` alone lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DATA ?= ../shared/data/runbook-search
# Tests wait for others half of their time: one worker more than there are cores keeps these busy.
WORKERS ?= $(shell echo $$(($$(getconf _NPROCESSORS_ONLN) + 1)))
# Behind a proxy with an authority of its own, uv trusts what pip and the system trust.
export UV_SYSTEM_CERTS ?= 1
TEAMS_CLIENT ?= $(or $(HILDA_TEAMS_CLIENT),$(HOME)/.cache/hilda-teams-client)

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

setup: $(VENV)/.synced  ## make .venv and install what uv.lock says

$(VENV)/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Hilda needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V). Try: make setup PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "python3-venv is missing. On Debian and Ubuntu: sudo apt-get install python3-venv"; rm -rf $(VENV); exit 1; }
	@$(BIN)/python -m pip --quiet --disable-pip-version-check install uv

$(VENV)/.synced: uv.lock pyproject.toml | $(VENV)/bin/uv
	UV_PROJECT_ENVIRONMENT=$(VENV) UV_COMPILE_BYTECODE=1 $(BIN)/uv sync --frozen --all-extras --quiet
	@touch $@

# What the demo needs and no more. Nothing is taken away from a .venv that has everything already.
$(VENV)/.playable: uv.lock pyproject.toml | $(VENV)/bin/uv
	@echo "Installing into $(VENV), once: kubectl, a sandbox, and what Hilda is made of."
	@UV_PROJECT_ENVIRONMENT=$(VENV) $(BIN)/uv sync --frozen --no-dev --extra demo --inexact --quiet
	@touch $@

demo: $(VENV)/.playable  ## a broken shop to talk about, on a practice cluster (SCENARIO=name)
	@$(BIN)/hilda demo $(SCENARIO)

drill: $(VENV)/.playable  ## incidents at random, against the clock
	@$(BIN)/hilda drill

test: setup  ## all tests that this machine can run; says what it skipped and why
	@$(BIN)/pytest -q -m "not slow" -n $(WORKERS) --dist loadfile --no-loadscope-reorder

check: setup  ## format, lint, types, import contracts
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

prove: setup  ## the long proofs and the benches in full; writes docs/figures.md
	@$(BIN)/pytest -q -m slow --timeout 3600
	@HILDA_RACE_APPROVALS=200 $(BIN)/pytest -q tests/hands/test_race.py
	@$(MAKE) --no-print-directory figures

figures: setup  ## the benches, in a few minutes; writes docs/figures.md (DATA=folder of runbook queries, ONLY=startup.py)
	@PYTHONPATH=. $(BIN)/python bench/figures.py --data "$(DATA)" $(if $(ONLY),--only $(ONLY))

lock: $(VENV)/bin/uv  ## resolve pyproject.toml anew into uv.lock
	$(BIN)/uv lock

wheel: setup  ## build the wheel into dist/
	@rm -rf dist && $(BIN)/uv build --wheel --quiet

pictures: setup teams-client  ## the pictures of README and docs (needs chromium and npm)
	@$(BIN)/python scripts/first_minute.py docs/pictures
	@$(BIN)/python scripts/slack_pictures.py docs/pictures --docs
	@$(BIN)/python scripts/teams_pictures.py docs/pictures --docs

# Microsoft's card library, manifest schema and Playground: what the tests and pictures of Teams are judged by.
teams-client:  ## what the tests of Teams need from npm, into TEAMS_CLIENT
	@command -v npm > /dev/null || { echo "npm is missing. On Debian and Ubuntu: sudo apt-get install npm"; exit 1; }
	@mkdir -p $(TEAMS_CLIENT) && cp scripts/teams/package.json scripts/teams/package-lock.json $(TEAMS_CLIENT)
	@cmp -s scripts/teams/package-lock.json $(TEAMS_CLIENT)/.installed || { cd $(TEAMS_CLIENT) && npm ci --legacy-peer-deps --ignore-scripts --no-fund --no-audit --silent && cp package-lock.json .installed; }

record: setup  ## what the real API server says about itself, for practice's small one (needs its programs on PATH)
	@PYTHONPATH=. $(BIN)/python scripts/record_api.py practice/api_server/recorded
	@$(BIN)/python scripts/record_fields.py practice/api_server/recorded
	@$(BIN)/python scripts/record_protobuf.py practice/api_server/recorded

# The steps of the Dockerfile, one target each, so that they run where no container engine is.
image-install: wheel  ## install the wheel with the locked versions into TARGET
	@test -n "$(TARGET)" || { echo "say where: make image-install TARGET=/opt/hilda"; exit 2; }
	@$(BIN)/uv export --frozen --no-dev --no-emit-project --extra model --extra postgres --extra demo --extra serve --extra slack --extra teams --extra charts --quiet -o dist/requirements.txt
	@$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python $(TARGET)
	@UV_COMPILE_BYTECODE=1 $(BIN)/uv pip install --quiet --python $(TARGET)/bin/python --no-deps -r dist/requirements.txt dist/*.whl

image-check:  ## the installed product starts
	@cd / && PYTHONSAFEPATH=1 $(TARGET)/bin/hilda --help >/dev/null && PYTHONSAFEPATH=1 $(TARGET)/bin/hilda where >/dev/null

image-demo:  ## the installed product plays an incident, with no more than a bare machine has
	@cd / && env -u KUBEBUILDER_ASSETS PATH=/usr/bin:/bin PYTHONSAFEPATH=1 $(TARGET)/bin/hilda demo --play --cluster small --seed 1

clean:  ## what can be made again
	@rm -rf dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

.PHONY: help setup demo drill test check prove figures lock wheel pictures teams-client record image-install image-check image-demo clean
