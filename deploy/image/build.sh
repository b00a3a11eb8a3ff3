#!/bin/sh
# Builds the image of Qiao: build.sh TAG..., such as build.sh qiao:latest. The same commit gives the same layers.
# BASE=IMAGE: another base image. BUILD_FLAGS: more for `docker build`, such as --no-cache.
set -eu
cd "$(dirname "$0")/../.."
test $# -gt 0 || { echo "build.sh TAG..." >&2; exit 2; }
docker info >/dev/null 2>&1 || { echo "No Docker Engine answers: start one, then try again." >&2; exit 1; }

version=$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)
created=$(TZ=UTC0 git log -1 --format=%cd --date=format-local:%Y-%m-%dT%H:%M:%SZ 2>/dev/null || echo 1980-01-01T00:00:00Z)
for tag in "$@"; do set -- "$@" --tag "$tag"; shift; done

# shellcheck disable=SC2086 # flags are words
docker build --file deploy/image/Dockerfile ${BASE:+--build-arg "BASE=$BASE"} --build-arg "VERSION=$version" \
    --build-arg "REVISION=$revision" --build-arg "CREATED=$created" "$@" ${BUILD_FLAGS:-} .
