"""The Job migrate, and the script that lets nothing pass where it fails."""

import stat
import subprocess
from pathlib import Path

import pytest

from tests.unit.k8s.rendering import OVERLAYS, ROOT, container, pod, roles

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
kustomize*) printf '    qiao/service: %s\n' posts feeds feeds ;;
*"get secret"*) exit ${NO_SECRET:-0} ;;
*"get job migrate"*) printf '%s' "$JOB" ;;
*"get deployments,statefulsets"*qiao/service=*) echo "statefulset.apps/worker-${5##*=}" ;;
*"get deployments,statefulsets"*) echo deployment.apps/gateway; echo statefulset.apps/worker-feeds ;;
*"rollout status"*) exit ${NEVER_READY:-0} ;;
esac
"""


def roll(tmp_path: Path, **told: str) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    """Run the script against a kubectl that only writes down what it is asked."""
    kubectl, calls = tmp_path / "kubectl", tmp_path / "calls"
    kubectl.write_text(KUBECTL)
    kubectl.chmod(kubectl.stat().st_mode | stat.S_IXUSR)
    environment = {"PATH": "/usr/bin:/bin", "KUBECTL": str(kubectl), "CALLS": str(calls)} | told
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
    assert verbs[2] == "delete job migrate"
    assert "notin (gateway, worker)" in calls[3]
    assert verbs[4] == "get job migrate"
    chosen = [line.partition("--selector=")[2] for line in calls[5:] if line.startswith("apply")]
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
    assert [line.partition("--selector=")[2] for line in calls if line.startswith("apply")][1:] == [
        "qiao/service=feeds"
    ]


def test_a_migrate_that_failed_blocks_the_rollout(tmp_path: Path) -> None:
    done, calls = roll(tmp_path, JOB="FailureTarget Failed ")
    assert done.returncode == 1
    assert "migrate failed: nothing else was rolled out" in done.stderr
    assert sum(line.startswith("apply") for line in calls) == 1
    assert not [line for line in calls if line.startswith("rollout")]


def test_a_migrate_that_does_not_end_blocks_it_too(tmp_path: Path) -> None:
    done, calls = roll(tmp_path, JOB="", QIAO_ROLL_TIMEOUT="0")
    assert done.returncode == 1
    assert "is not done after 0 s" in done.stderr
    assert sum(line.startswith("apply") for line in calls) == 1


def test_without_the_secret_it_says_how_to_make_it_and_does_nothing(tmp_path: Path) -> None:
    done, calls = roll(tmp_path, JOB="", NO_SECRET="1")
    assert done.returncode == 1
    assert "create secret generic qiao" in done.stderr
    assert not [line for line in calls if line.startswith("apply")]
