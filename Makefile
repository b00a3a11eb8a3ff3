# Qiao's chores. `make help` lists them.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
PROVIDE := deploy/local/provide.sh
# Stamps: what the environment holds was installed from these versions of the lock files.
RUNTIME := .venv/.runtime
DEV := .venv/.dev
LOCK_FLAGS := --quiet --generate-hashes --universal --python-version 3.11 --no-header --no-annotate --no-emit-index-url

.DEFAULT_GOAL := help
.PHONY: help up test test-fast test-disaster test-compose test-k8s image bench lint format servers schemas test-alerts lock clean java browser clock

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: $(RUNTIME) ## Install what is needed and run the whole platform on this machine, until Ctrl-C
	@exec $(BIN)/qiao up

test: $(DEV) java browser lint ## Run the linters and the tests, on real Kafka and Cassandra too; installs what they need
	@$(BIN)/python -m pytest -n auto --dist loadfile -m "not servers and not disaster"
	@$(BIN)/python -m pytest -m "servers and not disaster"

test-disaster: $(DEV) java clock ## Lose whole platforms, servers and disks, and see them come back: a quarter of an hour more
	@$(BIN)/python -m pytest -m disaster

test-fast: $(DEV) ## Run the tests that need no server, in less than a minute
	@$(BIN)/python -m pytest -q -n auto --dist loadfile -m "not servers and not slow" --hypothesis-profile=fast

image: ## Build the image qiao:latest, from an official base image: needs a Docker Engine (BASE=IMAGE takes another)
	@deploy/image/build.sh qiao:latest

# IMAGES=official: pull what docker-compose.yml names, and build on the official base image, where that can be done.
IMAGES ?= local
test-compose: $(DEV) java ## Run docker-compose.yml end to end on a Docker Engine, with local stand-ins for what it would pull
	@$(PROVIDE) "command -v docker-compose || docker compose version" docker-compose
	@deploy/local/with-engine.sh deploy/local/test-compose.sh $(IMAGES)

# KUBECONFIG: a Kubernetes that is there for tests, without a namespace qiao. LOAD_IMAGE: a command that reads an archive of
# an image and gives it to that cluster; without it the cluster pulls. TEST_IMAGE and the like: tests/k8s/lab.py.
test-k8s: $(DEV) ## Roll, kill and scale Qiao on a real Kubernetes under load: KUBECONFIG=... [LOAD_IMAGE=...]
	@test -s "$(KUBECONFIG)" || { echo "make test-k8s needs KUBECONFIG=FILE of a Kubernetes that is there for tests" >&2; exit 1; }
	@KUBECONFIG="$(KUBECONFIG)" $(BIN)/kubectl version >/dev/null || { echo "No Kubernetes answers at $(KUBECONFIG)" >&2; exit 1; }
	@TEST_KUBECONFIG="$(KUBECONFIG)" LOAD_IMAGE="$(LOAD_IMAGE)" $(BIN)/python -m pytest -v -s tests/k8s

bench: $(DEV) java ## Measure what the software costs, beside the raw limits of this machine (bench/results.json)
	@$(BIN)/python -m bench

lint: $(DEV) ## Check style, formatting, types and the layers of the house
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(DEV) ## Format the code and repair what the linter can repair
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

servers: $(RUNTIME) java ## Run a real Kafka and a real Cassandra for development, until Ctrl-C
	@exec $(BIN)/qiao servers

schemas: $(RUNTIME) ## Write the event reference in docs/events anew, from the event types
	@$(BIN)/python -m libs.events.schemas write

test-alerts: ## Try every alert on made-up series; needs promtool, which Debian has in package prometheus
	@command -v promtool >/dev/null || { echo "Missing: promtool. Install what Debian calls prometheus, then try again." >&2; exit 1; }
	@promtool test rules deploy/alerts/tests/*.yaml

lock: $(DEV) ## Write the lock files anew from pyproject.toml (LOCK=--upgrade takes newer versions)
	@$(BIN)/uv pip compile $(LOCK_FLAGS) $(LOCK) --extra build -o requirements.lock pyproject.toml
	@$(BIN)/uv pip compile $(LOCK_FLAGS) $(LOCK) --extra build --extra dev -c requirements.lock \
		-o requirements-dev.lock pyproject.toml

clean: ## Remove caches and build products; .venv and qiao-data stay
	@rm -rf build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .schemathesis
	@find qiao services libs tests bench -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# Kafka and Cassandra run on Java 17; Maven fetches them.
java: $(RUNTIME)
	@$(PROVIDE) "$(BIN)/python -c 'import qiao.servers.java as java; java.find_java()'" openjdk-17-jdk-headless
	@$(PROVIDE) "command -v mvn" maven

# The pages under /debug are tested in a real browser.
browser:
	@$(PROVIDE) "command -v chromium" chromium

# Tests give a process a clock that is wrong.
clock:
	@$(PROVIDE) "ls /usr/lib/*/faketime/libfaketime.so.1" faketime

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Qiao needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.11" >&2; exit 1; }
	@$(PROVIDE) "$(PYTHON) -m ensurepip --version" python3-venv
	@echo "Creating .venv"
	@$(PYTHON) -m venv .venv

$(RUNTIME): requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing what Qiao needs into .venv"
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): requirements-dev.lock $(RUNTIME)
	@echo "Installing what the tests need into .venv"
	@$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@
