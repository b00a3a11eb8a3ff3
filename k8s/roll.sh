#!/bin/sh
# Rolls out what an overlay describes, for the first time or anew: k8s/roll.sh OVERLAY
# First all that is not Qiao itself, until the operators' Kafka and Cassandra are ready, where there are any. Then a fresh
# Job migrate; where that fails, nothing else is touched and what ran goes on running. Then the workers of one service after
# the other, so that each stands still only while its own are replaced. Then gateways: what they append, the workers can
# fold by then. KUBECTL may name another kubectl.
set -eu
overlay=${1:?usage: k8s/roll.sh OVERLAY, such as k8s/overlays/dev}
kubectl=${KUBECTL:-kubectl}
patience=${QIAO_ROLL_TIMEOUT:-600}
servers_patience=${QIAO_SERVERS_TIMEOUT:-1800}
in_qiao() { "$kubectl" --namespace qiao "$@"; }

rendered=$(mktemp)
trap 'rm -f "$rendered"' EXIT
"$kubectl" kustomize "$overlay" >"$rendered"
# The overlay is the truth: it takes back what a hand has changed, such as a number of workers.
apply() { "$kubectl" apply --server-side --field-manager=qiao --force-conflicts --filename="$rendered" "$@" >/dev/null; }

needs() { awk -f "$(dirname "$0")/needs.awk" "$rendered" | sed -n "s|^$1 ||p" | sort; }

missing=
for secret in $(needs secret); do
    in_qiao get secret "$secret" >/dev/null || missing="$missing $secret"
done
case "$missing " in
*" qiao "*)
    cat >&2 <<END
The Secret qiao is missing. Make it once, and keep a copy: without the master key nothing that people wrote can be read.
  kubectl apply --server-side --filename=k8s/base/namespace.yaml
  kubectl --namespace qiao create secret generic qiao \\
    --from-literal=secret="\$(openssl rand -hex 32)" --from-literal=master-key="\$(openssl rand -hex 32)"
END
    ;;
esac
if [ -n "$missing" ]; then
    echo "Missing Secrets:$missing. docs/operating/kubernetes.md says who makes them. Nothing was rolled out." >&2
    exit 1
fi

# A Kafka says it itself, a K8ssandraCluster by each of its datacenters.
readiness='{.status.conditions[?(@.type=="Ready")].status} {.status.datacenters.*.cassandra.conditions[?(@.type=="Ready")].status}'
is_ready() {
    case " $(in_qiao get "$1" --output=jsonpath="$readiness") " in
    *False* | *Unknown*) return 1 ;;
    *" True "*) ;;
    *) return 1 ;;
    esac
}

# One of at most $1 seconds, counted in $waited; $2 says what it ends with where these are over.
wait_a_second() {
    if [ "$waited" -ge "$1" ]; then
        echo "$2" >&2
        exit 1
    fi
    sleep 1
    waited=$((waited + 1))
}

apply --selector='app.kubernetes.io/component notin (gateway, worker, migrate)'
waited=0
for server in $(needs server); do
    until is_ready "$server"; do
        [ $((waited % 30)) -ne 0 ] || echo "waiting for $server ($waited of at most $servers_patience s)"
        wait_a_second "$servers_patience" "$server is not ready after $waited s: nothing of Qiao was rolled out"
    done
done

echo "migrate"
in_qiao delete job migrate --ignore-not-found >/dev/null
apply --selector='app.kubernetes.io/component=migrate'
waited=0
while :; do
    state=$(in_qiao get job migrate --output=jsonpath='{range .status.conditions[?(@.status=="True")]}{.type} {end}')
    case " $state" in
    *" Complete "*) break ;;
    *" Failed "*) failed=failed ;;
    *) [ "$waited" -lt "$patience" ] || failed="is not done after $patience s" ;;
    esac
    if [ -n "${failed:-}" ]; then
        in_qiao logs --selector=app.kubernetes.io/component=migrate --tail=20 >&2 || true
        echo "migrate $failed: nothing else was rolled out" >&2
        exit 1
    fi
    sleep 1
    waited=$((waited + 1))
done

settled() {
    for thing in $(in_qiao get deployments,statefulsets --selector="$1" --output=name); do
        in_qiao rollout status "$thing" --timeout="${patience}s"
    done
}

# A set waits for a pod that is not ready before it replaces any, even for one that only the new version would mend.
# So those that are not ready, and not new either, are deleted: they come back as what was just applied.
replace_what_is_stuck() {
    for set in $(in_qiao get statefulsets --selector="$1" --output=name); do
        revision=$(revision_of "$set")
        in_qiao get pods --selector="$1" --output=jsonpath="$pods" | while read -r pod has ready; do
            [ "$has" != "$revision" ] && [ "$ready" != True ] || continue
            echo "$pod is not ready, and the set would wait for it: replacing it"
            in_qiao delete pod "$pod" --ignore-not-found --timeout="${patience}s" </dev/null >/dev/null
        done
    done
}
pods='{range .items[*]}{.metadata.name} {.metadata.labels.controller-revision-hash} {.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}'

# What the set rolls out, once its controller has seen what was applied.
revision_of() {
    seen='{.metadata.generation} {.status.observedGeneration} {.status.updateRevision}'
    waited=0
    while :; do
        read -r wanted observed revision <<END
$(in_qiao get "$1" --output=jsonpath="$seen")
END
        if [ "${observed:-0}" -ge "$wanted" ]; then
            echo "$revision"
            return
        fi
        wait_a_second "$patience" "$1: nobody has seen what was applied after $waited s"
    done
}

for service in $(sed -n 's|^ *qiao/service: ||p' "$rendered" | sort -u); do
    echo "workers of $service"
    apply --selector="qiao/service=$service"
    replace_what_is_stuck "qiao/service=$service"
    settled "qiao/service=$service"
done
echo "gateways"
apply
settled 'app.kubernetes.io/component in (gateway, worker)'
