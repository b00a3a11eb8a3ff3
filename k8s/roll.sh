#!/bin/sh
# Rolls out what an overlay describes, for the first time or anew: k8s/roll.sh OVERLAY
# First all that is not gateway or worker, with a fresh Job migrate; where that fails, nothing else is touched and what
# ran goes on running. Then the workers of one service after the other, so that each stands still only while its own are
# replaced. Then gateways: what they append, the workers can fold by then. KUBECTL may name another kubectl.
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

settled() {
    for thing in $(in_qiao get deployments,statefulsets --selector="$1" --output=name); do
        in_qiao rollout status "$thing" --timeout="${patience}s"
    done
}

for service in $(sed -n 's|^ *qiao/service: ||p' "$rendered" | sort -u); do
    echo "workers of $service"
    apply --selector="qiao/service=$service"
    settled "qiao/service=$service"
done
echo "gateways"
apply
settled 'app.kubernetes.io/component in (gateway, worker)'
