"""The workers: one set for each service, members that keep their names, restarts that move no partitions."""

import json

import pytest

from libs.log.kafka.consumers import STOP_PATIENCE
from libs.log.kafka.settings import KafkaSettings
from libs.projections.host import POLL_TIMEOUT, STOP_TIMEOUT
from qiao.services import SERVICES
from services.gateway.server import Listening
from tests.unit.k8s.rendering import OVERLAYS, PRODUCTION, ROOT, container, of_kind, pod, variables, workers

each_overlay = pytest.mark.parametrize("overlay", OVERLAYS)
KAFKA = KafkaSettings(bootstrap="")
SESSION = KAFKA.session_timeout_s
LEAVING = 2 * STOP_PATIENCE
"""Seconds for a consumer to stop, and again once its connections are cut."""
START_UP: float = json.loads((ROOT / "bench" / "results.json").read_text())["start_up"]["value"]
"""Seconds until a new process folds, as measured."""


@each_overlay
def test_every_service_has_its_workers(overlay: str) -> None:
    assert workers(overlay).keys() == SERVICES.keys()
    for service, worker in workers(overlay).items():
        assert container(worker)["args"] == ["worker", "$(SERVICE)"]
        [told] = [each for each in container(worker)["env"] if each["name"] == "SERVICE"]
        assert told["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.labels['qiao/service']"
        assert worker["spec"]["selector"]["matchLabels"]["qiao/service"] == service


@each_overlay
def test_the_pods_name_with_its_ordinal_is_the_group_instance_id(overlay: str) -> None:
    for worker in workers(overlay).values():
        [told] = [each for each in container(worker)["env"] if each["name"] == "QIAO_INSTANCE"]
        assert worker["kind"] == "StatefulSet"
        assert told["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.name"


@each_overlay
def test_the_session_outlasts_a_restart_and_the_grace_outlasts_the_session(overlay: str) -> None:
    # It beats until its batches are done; then it leaves its group, writes what it accepted, ends, and starts anew.
    away = LEAVING + KAFKA.delivery_timeout_s + 5 * START_UP
    assert away <= SESSION
    for worker in workers(overlay).values():
        assert pod(worker)["spec"]["terminationGracePeriodSeconds"] > SESSION


@each_overlay
def test_the_grace_outlasts_all_that_a_worker_waits_for_when_it_is_told_to_end(overlay: str) -> None:
    answers, batches = 2 * Listening().finish, POLL_TIMEOUT + STOP_TIMEOUT
    for worker in workers(overlay).values():
        grace = pod(worker)["spec"]["terminationGracePeriodSeconds"]
        assert grace >= answers + batches + LEAVING + KAFKA.delivery_timeout_s


@each_overlay
def test_a_rollout_replaces_one_at_a_time_but_a_scale_waits_for_nobody(overlay: str) -> None:
    for worker in workers(overlay).values():
        assert worker["spec"]["updateStrategy"]["type"] == "RollingUpdate"
        assert worker["spec"]["podManagementPolicy"] == "Parallel"


@each_overlay
def test_each_has_the_headless_service_that_names_its_pods_and_shows_its_metrics(overlay: str) -> None:
    services = of_kind(overlay, "Service")
    for worker in workers(overlay).values():
        service = services[worker["spec"]["serviceName"]]["spec"]
        assert service["clusterIP"] == "None"
        assert service["selector"].items() <= pod(worker)["metadata"]["labels"].items()
        [port] = container(worker)["ports"]
        assert variables(overlay, worker)["QIAO_METRICS_LISTEN"] == f"0.0.0.0:{port['containerPort']}"
        assert service["ports"][0]["targetPort"] == port["name"]


@each_overlay
def test_an_eviction_takes_one_of_a_service_at_a_time(overlay: str) -> None:
    budgets = of_kind(overlay, "PodDisruptionBudget")
    for service in SERVICES:
        spec = budgets[f"worker-{service}"]["spec"]
        assert spec["maxUnavailable"] == 1
        assert spec["selector"]["matchLabels"]["qiao/service"] == service


@pytest.mark.parametrize("overlay", PRODUCTION)
def test_production_has_no_worker_without_a_partition(overlay: str) -> None:
    for worker in workers(overlay).values():
        assert 1 < worker["spec"]["replicas"] <= int(variables(overlay, worker)["QIAO_PARTITIONS"])
