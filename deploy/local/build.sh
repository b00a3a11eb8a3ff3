#!/bin/bash
# Builds local stand-ins for the images that Qiao runs on, and the image of Qiao itself, where no image can be pulled:
# build.sh [TAG...], by default qiao:latest. It needs root, a Docker Engine, debootstrap, Java 17 and Maven.
# The stand-ins take the variables of the official images, so docker-compose.yml and k8s/overlays/dev run with either.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=deploy/local
python=${PYTHON:-.venv/bin/python}
suite=bookworm
base=qiao-local/base:$suite

docker info >/dev/null 2>&1 || { echo "No Docker Engine answers: start one (dockerd, as root), then try again." >&2; exit 1; }
test "$(id -u)" = 0 || { echo "debootstrap needs root." >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT

missing() { ! docker image inspect "$1" >/dev/null 2>&1 || test -n "${REBUILD:-}"; }

# Debian with Python and pip, which asks where this machine's pip asks, and trusts whom this machine trusts.
build_base() {
    echo "Building $base"
    $here/provide.sh "command -v debootstrap" debootstrap
    debootstrap --variant=minbase --include=ca-certificates,python3,python3-pip $suite "$work/rootfs" >"$work/debootstrap.log" ||
        { tail "$work/debootstrap.log" >&2; exit 1; }
    rm -rf "$work"/rootfs/{var/cache/apt,var/lib/apt/lists,usr/share/{doc,man,locale,info}}/*
    cp /etc/ssl/certs/ca-certificates.crt "$work/rootfs/etc/ssl/certs/"
    test ! -e /etc/pip.conf || cp /etc/pip.conf "$work/rootfs/etc/"
    tar --create --directory "$work/rootfs" --one-file-system . |
        docker import --change 'CMD ["bash"]' --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' - $base >/dev/null
}

# A Java of what this machine's JDK has, small enough to carry about.
java_for() {
    test -d "$work/java" || "$(jdk)/bin/jlink" --add-modules ALL-MODULE-PATH --strip-debug --no-man-pages --no-header-files \
        --output "$work/java" >/dev/null
    test -e "$work/java/lib/server/classes.jsa" || "$work/java/bin/java" -Xshare:dump >/dev/null
    cp -al "$work/java" "$1/java"
}

jdk() { $python -c 'from qiao.servers.java import find_java; print(find_java().resolve().parents[1])'; }

# build_server NAME VERSION FILE...: what Maven has, with these files beside.
build_server() {
    local name=$1 image=qiao-local/$1:$2 context=$work/$1
    shift 2
    echo "Building $image"
    mkdir "$context" "$context/libs"
    java_for "$context"
    cp "$($python -c "from qiao.servers.maven import jars_of; print(jars_of('$name'))")"/*.jar "$context/libs/"
    (cd "$here/$name" && cp "$@" Dockerfile "$context/")
    chmod -R u=rwX,go=rX "$context"
    docker build --quiet --build-arg BASE=$base --tag "$image" "$context" >/dev/null
}

build_prometheus() {
    echo "Building $1"
    mkdir -p "$work/prometheus/bin"
    (cd "$work" && apt-get -qq update && apt-get -qq download prometheus && dpkg-deb --extract prometheus_*.deb prometheus/deb)
    cp "$work"/prometheus/deb/usr/bin/{prometheus,promtool} $here/prometheus/wget "$work/prometheus/bin/"
    rm -r "$work/prometheus/deb"
    cp $here/prometheus/Dockerfile "$work/prometheus/"
    docker build --quiet --build-arg BASE=$base --tag "$1" "$work/prometheus" >/dev/null
}

# Both are one program, which Go builds in some minutes, of the versions in jaeger/go.sum. Without a Go that is new enough they
# are left out.
build_jaeger() {
    if ! (cd $here/jaeger && go list -m >/dev/null 2>&1); then
        echo "No Go $(sed -n 's/^go //p' $here/jaeger/go.mod) or newer: the collector and Jaeger have no stand-in" >&2
        return
    fi
    echo "Building $* (some minutes, the first time)"
    mkdir "$work/jaeger"
    (cd $here/jaeger && go build -mod=readonly -o "$work/jaeger/jaeger" github.com/jaegertracing/jaeger/cmd/jaeger)
    cp $here/jaeger/Dockerfile "$work/jaeger/"
    for image in "$@"; do docker build --quiet --build-arg BASE=$base --tag "$image" "$work/jaeger" >/dev/null; done
}

# The versions are those of the official images in docker-compose.yml.
version() { sed -n "s|.*:-$1:\(.*\)}.*|\1|p" docker-compose.yml; }

if missing $base; then build_base; fi
kafka=$(version apache/kafka) cassandra=$(version cassandra) prometheus=debian
if missing "qiao-local/kafka:$kafka"; then build_server kafka "$kafka" start.py; fi
if missing "qiao-local/cassandra:$cassandra"; then build_server cassandra "$cassandra" start.py jvm.options logback.xml; fi
jaeger="qiao-local/jaeger:$(version jaegertracing/jaeger)" collector=qiao-local/collector:jaeger
if missing "$jaeger" || missing $collector; then build_jaeger "$jaeger" $collector; fi
if missing qiao-local/prometheus:$prometheus; then build_prometheus qiao-local/prometheus:$prometheus; fi
# Its steps need the network as this machine has it.
BASE=$base BUILD_FLAGS="--network host ${BUILD_FLAGS:-}" deploy/image/build.sh "${@:-qiao:latest}"
