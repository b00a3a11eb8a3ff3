#!/bin/bash
# with-engine.sh COMMAND...: runs it with a Docker Engine: with the one that answers, or else with one that is started for
# it, as root, and stopped after it. Where none can run it says why and ends with status 1.
set -euo pipefail
if docker info >/dev/null 2>&1; then exec "$@"; fi

"$(dirname "$0")/provide.sh" "command -v dockerd && command -v docker" docker.io
test "$(id -u)" = 0 || { echo "No Docker Engine answers, and only root can start one." >&2; exit 1; }
log=$(mktemp)
dockerd >"$log" 2>&1 &
engine=$!
trap 'kill "$engine" 2>/dev/null; wait "$engine" || true; rm -f "$log"' EXIT
for _ in $(seq 60); do
    if docker info >/dev/null 2>&1; then
        "$@"
        exit
    fi
    kill -0 "$engine" 2>/dev/null || break
    sleep 1
done
echo "The Docker Engine does not run here. It said:" >&2
tail -n 20 "$log" >&2
exit 1
