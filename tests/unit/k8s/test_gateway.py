"""The gateway: replaced without a lost request, spread, never all away at once."""

import pytest

from qiao.settings import load
from services.gateway.health import CHECK_TIMEOUT
from services.gateway.server import Listening
from tests.unit.k8s.rendering import OVERLAYS, PRODUCTION, Object, container, of_kind, pod, roles, variables

each_overlay = pytest.mark.parametrize("overlay", OVERLAYS)


def gateway(overlay: str) -> Object:
    return roles(overlay)["gateway"]


@each_overlay
def test_a_rollout_adds_before_it_takes_away(overlay: str) -> None:
    assert gateway(overlay)["kind"] == "Deployment"
    assert gateway(overlay)["spec"]["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0},
    }
    assert gateway(overlay)["spec"]["minReadySeconds"] > 0


@each_overlay
def test_it_serves_until_balancers_know_that_it_ends_and_then_drains_within_its_grace(overlay: str) -> None:
    before = container(gateway(overlay))["lifecycle"]["preStop"]["sleep"]["seconds"]
    drain = load(variables(overlay, gateway(overlay))).drain_delay
    assert before >= 5
    assert drain >= 2 * 2  # not ready is noticed after two probes
    assert pod(gateway(overlay))["spec"]["terminationGracePeriodSeconds"] >= before + drain + 2 * Listening().finish + 5


@each_overlay
def test_an_eviction_takes_one_at_a_time(overlay: str) -> None:
    budget = of_kind(overlay, "PodDisruptionBudget")["gateway"]["spec"]
    assert budget["maxUnavailable"] == 1
    assert budget["selector"]["matchLabels"].items() <= pod(gateway(overlay))["metadata"]["labels"].items()


@each_overlay
def test_its_pods_spread_over_zones_and_nodes(overlay: str) -> None:
    spread = pod(gateway(overlay))["spec"]["topologySpreadConstraints"]
    assert [each["topologyKey"] for each in spread] == ["topology.kubernetes.io/zone", "kubernetes.io/hostname"]
    labels = pod(gateway(overlay))["metadata"]["labels"].items()
    assert all(each["labelSelector"]["matchLabels"].items() <= labels for each in spread)


@each_overlay
def test_started_ready_and_alive_mean_different_things(overlay: str) -> None:
    for name, thing in roles(overlay).items():
        if name == "migrate":
            continue
        startup, readiness, liveness = (
            container(thing)[f"{kind}Probe"] for kind in ("startup", "readiness", "liveness")
        )
        assert (startup["httpGet"]["path"], liveness["httpGet"]["path"]) == ("/livez", "/livez")
        # A gateway without the log serves reads; a worker without it does nothing.
        assert readiness["httpGet"]["path"] == ("/readyz?exclude=log" if name == "gateway" else "/readyz")
        assert readiness["timeoutSeconds"] > CHECK_TIMEOUT
        # A start may take as long as it waits for servers and tables; a hang is found much sooner than that.
        wait = load(variables(overlay, thing)).start_timeout
        assert startup["periodSeconds"] * startup["failureThreshold"] > wait
        assert liveness["periodSeconds"] * liveness["failureThreshold"] < wait


@pytest.mark.parametrize("overlay", PRODUCTION)
def test_the_route_leaves_streams_open_and_bounds_everything_else(overlay: str) -> None:
    [route] = of_kind(overlay, "HTTPRoute").values()
    streams, others = route["spec"]["rules"]
    assert streams["matches"][0]["headers"] == [{"name": "Accept", "value": "text/event-stream"}]
    assert streams["timeouts"] == {"request": "0s", "backendRequest": "0s"}
    assert others["timeouts"] == {"request": "30s"}
    service = of_kind(overlay, "Service")["gateway"]
    for rule in (streams, others):
        assert rule["backendRefs"] == [{"name": "gateway", "port": service["spec"]["ports"][0]["port"]}]


@pytest.mark.parametrize("overlay", PRODUCTION)
def test_nothing_but_what_clients_may_ask_is_routed(overlay: str) -> None:
    """Metrics, health and the page for admins are for those who reach the pods."""
    [route] = of_kind(overlay, "HTTPRoute").values()
    paths = [match["path"] for rule in route["spec"]["rules"] for match in rule["matches"]]
    assert paths == 2 * [{"type": "PathPrefix", "value": "/v1"}]


@pytest.mark.parametrize("overlay", PRODUCTION)
def test_behind_the_route_people_are_told_apart_by_their_own_addresses(overlay: str) -> None:
    assert load(variables(overlay, gateway(overlay))).trusted_proxies == 1
