#!/bin/sh
# Makes sure that something is on this machine, on Debian by installing it: provide.sh CHECK PACKAGE...
# CHECK is a command that succeeds when the thing is there.
set -eu
check=$1
shift
found() { sh -c "$check" >/dev/null 2>&1; }

if found; then exit 0; fi

if ! command -v apt-get >/dev/null; then
    echo "Missing: install what Debian calls $*, then try again." >&2
    exit 1
elif [ "$(id -u)" = 0 ]; then
    as_root=""
elif sudo -n true 2>/dev/null; then
    as_root="sudo -n"
else
    echo "Missing: run 'sudo apt-get install $*', then try again." >&2
    exit 1
fi

echo "Installing $* (once)"
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get -qq update
$as_root apt-get -qq install -y --no-install-recommends "$@" >/dev/null
if ! found; then
    echo "Installed $*, yet this still fails: $check" >&2
    exit 1
fi
