#!/bin/bash
# The steps of `make test-compose`, with an engine that runs: test-compose.sh local|official.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${PYTHON:-.venv/bin/python}
if test "$1" = official; then
    deploy/image/build.sh qiao:latest
    export TEST_BASE=${BASE:-}
else
    deploy/local/build.sh qiao:latest
    export TEST_BASE=qiao-local/base:bookworm
fi
deploy/local/provide.sh "command -v docker-registry" docker-registry
TEST_COMPOSE=$1 "$python" -m pytest -v -s tests/compose
