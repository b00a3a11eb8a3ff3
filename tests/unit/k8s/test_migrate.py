"""The Job migrate, and the script that lets nothing pass where it, or what it needs, fails."""

import re
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.k8s.rendering import OVERLAYS, ROOT, container, pod, render, roles

COMPONENT = "app.kubernetes.io/component"
ROLL = ROOT / "k8s" / "roll.sh"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_it_is_a_job_that_is_tried_again_and_not_for_ever(overlay: str) -> None:
    job = roles(overlay)["migrate"]
    assert job["kind"] == "Job"
    assert container(job)["args"] == ["migrate"]
    assert job["spec"]["backoffLimit"] > 0
    assert job["spec"]["activeDeadlineSeconds"] <= 600
    assert pod(job)["spec"]["restartPolicy"] == "Never"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_waits_for_it_is_what_the_script_holds_back(overlay: str) -> None:
    components = {name: thing["metadata"]["labels"][COMPONENT] for name, thing in roles(overlay).items()}
    assert components.pop("migrate") == "migrate"
    assert set(components.values()) == {"gateway", "worker"}


KUBECTL = """#!/bin/sh
echo "$*" >>"$CALLS"
case "$*" in
kustomize*) cat "$RENDERED" ;;
*"get secret ${NO_SECRET:-none}") exit 1 ;;
*"get job migrate"*) printf '%s' "$JOB" ;;
*"get kafka/"* | *"get k8ssandracluster/"* | *"get kafkauser/"*) echo "$SERVERS" ;;
*"get statefulsets"*) echo "statefulset.apps/worker-${5##*=}" ;;
*"get statefulset.apps/worker-"*) echo "${SEEN:-2 2 new}" ;;
*"get pods"*) printf '%b' "$PODS" ;;
*"get deployments,statefulsets"*qiao/service=*) echo "statefulset.apps/worker-${5##*=}" ;;
*"get deployments,statefulsets"*) echo deployment.apps/gateway; echo statefulset.apps/worker-feeds ;;
*"rollout status"*) exit ${NEVER_READY:-0} ;;
esac
"""


FEW = """kind: Job
metadata:
  labels:
    qiao/service: posts
    qiao/service: feeds
  name: few
    env:
      secretKeyRef:
        key: secret
        name: qiao
"""


def roll(tmp_path: Path, rendered: str = FEW, **told: str) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    """Run the script against a kubectl that only writes down what it is asked."""
    kubectl, calls, answer = tmp_path / "kubectl", tmp_path / "calls", tmp_path / "rendered"
    answer.write_text(rendered)
    kubectl.write_text(KUBECTL)
    kubectl.chmod(kubectl.stat().st_mode | stat.S_IXUSR)
    environment = {"PATH": "/usr/bin:/bin", "KUBECTL": str(kubectl), "CALLS": str(calls), "RENDERED": str(answer)}
    environment |= {"PODS": "", "SERVERS": "True "} | told
    done = subprocess.run(
        [ROLL, "k8s/overlays/dev"], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    return done, [line.replace("--namespace qiao ", "") for line in calls.read_text().splitlines()]


def test_a_rollout_waits_for_migrate_then_for_the_workers_of_each_service_in_turn_then_for_gateways(
    tmp_path: Path,
) -> None:
    done, calls = roll(tmp_path, JOB="SuccessCriteriaMet Complete ")
    assert done.returncode == 0, done.stderr
    verbs = [" ".join(line.split()[:3]) for line in calls]
    assert "notin (gateway, worker, migrate)" in calls[2]
    assert verbs[3] == "delete job migrate"
    assert calls[4].endswith("component=migrate")
    assert verbs[5] == "get job migrate"
    chosen = [line.partition("--selector=")[2] for line in calls[6:] if line.startswith("apply")]
    assert chosen == ["qiao/service=feeds", "qiao/service=posts", ""]
    assert [line.split()[2] for line in calls if line.startswith("rollout status")] == [
        "statefulset.apps/worker-feeds",
        "statefulset.apps/worker-posts",
        "deployment.apps/gateway",
        "statefulset.apps/worker-feeds",
    ]


def test_a_worker_that_never_gets_ready_blocks_the_next_service_and_the_gateways(tmp_path: Path) -> None:
    done, calls = roll(tmp_path, JOB="Complete ", NEVER_READY="1")
    assert done.returncode == 1
    assert [line.partition("--selector=")[2] for line in calls if line.startswith("apply")][2:] == [
        "qiao/service=feeds"
    ]


def test_a_migrate_that_failed_blocks_the_rollout(tmp_path: Path) -> None:
    done, calls = roll(tmp_path, JOB="FailureTarget Failed ")
    assert done.returncode == 1
    assert "migrate failed: nothing else was rolled out" in done.stderr
    assert sum(line.startswith("apply") for line in calls) == 2
    assert not [line for line in calls if line.startswith("rollout")]


def test_a_migrate_that_does_not_end_blocks_it_too(tmp_path: Path) -> None:
    done, calls = roll(tmp_path, JOB="", QIAO_ROLL_TIMEOUT="0")
    assert done.returncode == 1
    assert "is not done after 0 s" in done.stderr
    assert sum(line.startswith("apply") for line in calls) == 2


def deleted(calls: list[str]) -> list[str]:
    return [line.split()[2] for line in calls if line.startswith("delete pod")]


def test_a_pod_that_is_not_ready_and_not_new_is_replaced_for_its_set_would_wait_for_it(tmp_path: Path) -> None:
    pods = "broken old False\\npending old\\ngood old True\\nstarting new False\\n"
    done, calls = roll(tmp_path, JOB="Complete ", PODS=pods)
    assert done.returncode == 0, done.stderr
    assert deleted(calls) == 2 * ["broken", "pending"]  # the same of both services
    assert "broken is not ready, and the set would wait for it: replacing it" in done.stdout
    [deletion, *_] = [line for line in calls if line.startswith("delete pod")]
    assert "--timeout=600s" in deletion
    verbs = [line.split()[0] for line in calls]
    assert verbs.index("rollout") > calls.index(deletion)


def test_no_pod_is_replaced_before_the_sets_controller_has_seen_what_was_applied(tmp_path: Path) -> None:
    done, calls = roll(tmp_path, JOB="Complete ", PODS="broken old False\\n", SEEN="3 2 old", QIAO_ROLL_TIMEOUT="0")
    assert done.returncode == 1
    assert "nobody has seen what was applied after 0 s" in done.stderr
    assert not deleted(calls)


def rendered(overlay: str) -> str:
    return yaml.safe_dump_all(render(overlay), default_flow_style=False, width=1000)


def test_the_servers_of_operators_are_ready_before_the_job_is_made(tmp_path: Path) -> None:
    done, calls = roll(tmp_path, rendered("prod"), JOB="Complete ")
    assert done.returncode == 0, done.stderr
    asked = [line.split()[1] for line in calls if line.startswith("get k") and "/" in line.split()[1]]
    assert asked == ["k8ssandracluster/qiao", "kafka/qiao", "kafkauser/qiao-kafka"]
    [made] = [number for number, line in enumerate(calls) if line.endswith("component=migrate")]
    assert all(number < made for number, line in enumerate(calls) if line.startswith("get k"))


@pytest.mark.parametrize("state", ["", "False ", "Unknown ", " True False"])
def test_servers_that_do_not_get_ready_block_the_rollout_before_the_job(tmp_path: Path, state: str) -> None:
    done, calls = roll(tmp_path, rendered("prod"), JOB="Complete ", SERVERS=state, QIAO_SERVERS_TIMEOUT="0")
    assert done.returncode == 1
    assert "k8ssandracluster/qiao is not ready after 0 s: nothing of Qiao was rolled out" in done.stderr
    assert "waiting for k8ssandracluster/qiao (0 of at most 0 s)" in done.stdout
    assert sum(line.startswith("apply") for line in calls) == 1


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_secret_that_somebody_has_to_make_is_looked_for(tmp_path: Path, overlay: str) -> None:
    _, calls = roll(tmp_path, rendered(overlay), JOB="Complete ")
    looked_for = {line.split()[2] for line in calls if line.startswith("get secret")}
    made = {"prod": {"qiao-kafka", "qiao-cluster-ca-cert"}}.get(overlay, set())
    assert looked_for == named(list(render(overlay))) - made


def named(thing: Any, key: str = "") -> set[str]:
    """Every name that stands under a key which refers to a Secret."""
    if isinstance(thing, list):
        return {name for each in thing for name in named(each)}
    if not isinstance(thing, dict):
        return set()
    found = {name for inner, each in thing.items() for name in named(each, inner)}
    return found | ({thing["name"]} if re.fullmatch(r"secret|\w*[sS]ecret(Key)?Ref", key) else set())


@pytest.mark.parametrize("missing", ["qiao-cassandra", "qiao-cassandra-tls"])
def test_without_any_of_them_it_says_which_and_does_nothing(tmp_path: Path, missing: str) -> None:
    done, calls = roll(tmp_path, rendered("prod"), JOB="Complete ", NO_SECRET=missing)
    assert done.returncode == 1
    assert f"Missing Secrets: {missing}." in done.stderr
    assert "create secret generic qiao" not in done.stderr
    assert not [line for line in calls if line.startswith("apply")]


def test_without_the_secret_it_says_how_to_make_it_and_does_nothing(tmp_path: Path) -> None:
    done, calls = roll(tmp_path, JOB="", NO_SECRET="qiao")
    assert done.returncode == 1
    assert "create secret generic qiao" in done.stderr
    assert not [line for line in calls if line.startswith("apply")]
