#!/bin/sh
# Rolls out what an overlay describes, for the first time or anew: k8s/roll.sh OVERLAY
# First all that is not gateway or worker, with a fresh Job migrate; where that fails, nothing else is touched and what
# ran goes on running. Then gateways and workers, until all are ready. KUBECTL may name another kubectl.
set -eu
overlay=${1:?usage: k8s/roll.sh OVERLAY, such as k8s/overlays/dev}
kubectl=${KUBECTL:-kubectl}
patience=${QIAO_ROLL_TIMEOUT:-600}
in_qiao() { "$kubectl" --namespace qiao "$@"; }

rendered=$(mktemp)
trap 'rm -f "$rendered"' EXIT
"$kubectl" kustomize "$overlay" >"$rendered"
# The overlay is the truth: it takes back what a hand has changed, such as a number of workers.
apply() { "$kubectl" apply --server-side --field-manager=qiao --force-conflicts --filename="$rendered" "$@" >/dev/null; }

if ! in_qiao get secret qiao >/dev/null; then
    cat >&2 <<END
The Secret qiao is missing. Make it once, and keep a copy: without the master key nothing that people wrote can be read.
  kubectl apply --server-side --filename=k8s/base/namespace.yaml
  kubectl --namespace qiao create secret generic qiao \\
    --from-literal=secret="\$(openssl rand -hex 32)" --from-literal=master-key="\$(openssl rand -hex 32)"
END
    exit 1
fi

echo "migrate"
in_qiao delete job migrate --ignore-not-found >/dev/null
apply --selector='app.kubernetes.io/component notin (gateway, worker)'
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

echo "gateways and workers"
apply
for thing in $(in_qiao get deployments,statefulsets --selector='app.kubernetes.io/component in (gateway, worker)' --output=name); do
    in_qiao rollout status "$thing" --timeout="${patience}s"
done
