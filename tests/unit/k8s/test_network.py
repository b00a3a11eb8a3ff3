"""Who may talk to whom: nobody, but for what is opened."""

from collections.abc import Iterable
from typing import Any

import pytest

from tests.unit.k8s.rendering import OVERLAYS, PRODUCTION, Object, container, of_kind, pod, roles, running

each_overlay = pytest.mark.parametrize("overlay", OVERLAYS)


EVERY_PORT = -1


def opened(overlay: str, labels: dict[str, str], direction: str) -> list[tuple[Any, int]]:
    """(peer, port) of every rule for pods with these labels; a peer of None is anybody, a port of EVERY_PORT any."""
    return openings(of_kind(overlay, "NetworkPolicy").values(), labels, direction)


def openings(policies: Iterable[Object], labels: dict[str, str], direction: str) -> list[tuple[Any, int]]:
    """The same of these policies. What a rule does not name, or names none of, it does not restrict."""
    found: list[tuple[Any, int]] = []
    for policy in policies:
        if policy["spec"]["podSelector"].get("matchLabels", {}).items() <= labels.items():
            for rule in policy["spec"].get(direction) or ():
                peers = rule.get("from" if direction == "ingress" else "to") or [None]
                ports = rule.get("ports") or [{}]
                found += [(peer or None, port.get("port", EVERY_PORT)) for peer in peers for port in ports]
    return found


def labels_of(thing: Any) -> dict[str, str]:
    labels: dict[str, str] = pod(thing)["metadata"]["labels"]
    return labels


@each_overlay
def test_everything_is_denied_both_ways_unless_it_is_opened(overlay: str) -> None:
    spec = of_kind(overlay, "NetworkPolicy")["default-deny"]["spec"]
    assert spec == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_a_rule_that_names_no_port_or_nobody_is_seen() -> None:
    for rule in ({}, {"to": [], "ports": []}, {"to": [{}], "ports": [{"protocol": "TCP"}]}):
        allow_all = {"spec": {"podSelector": {}, "policyTypes": ["Egress"], "egress": [rule]}}
        assert openings([allow_all], {"any": "pod"}, "egress") == [(None, EVERY_PORT)]


@each_overlay
def test_every_role_reaches_names_and_the_servers_and_nothing_else(overlay: str) -> None:
    kafka = 9092 if overlay == "dev" else 9093
    traces = [] if overlay == "dev" else [4318]
    for thing in roles(overlay).values():
        ports = [port for _, port in opened(overlay, labels_of(thing), "egress")]
        assert sorted(ports) == sorted([53, 53, kafka, 9042, *traces])
        assert all(peer is not None for peer, _ in opened(overlay, labels_of(thing), "egress"))


@each_overlay
def test_only_the_gateway_is_open_to_clients(overlay: str) -> None:
    for name, thing in roles(overlay).items():
        peers = [peer for peer, _ in opened(overlay, labels_of(thing), "ingress")]
        assert EVERY_PORT not in [port for _, port in opened(overlay, labels_of(thing), "ingress")]
        clients = {"namespaceSelector": {"matchLabels": {"qiao/clients": "true"}}}
        assert (clients in peers) == (name == "gateway")
        assert overlay == "dev" or None not in peers


@pytest.mark.parametrize("overlay", PRODUCTION)
def test_monitoring_reaches_the_port_that_serves_the_metrics(overlay: str) -> None:
    for name, thing in roles(overlay).items():
        if name != "migrate":
            [port] = container(thing)["ports"]
            watchers = [
                each for peer, each in opened(overlay, labels_of(thing), "ingress") if "monitoring" in str(peer)
            ]
            assert port["containerPort"] in watchers


def test_in_dev_the_servers_are_open_to_qiao_alone() -> None:
    for name, port in {"kafka": 9092, "cassandra": 9042}.items():
        peer = {"podSelector": {"matchLabels": {"app.kubernetes.io/name": "qiao"}}}
        assert opened("dev", labels_of(running("dev")[name]), "ingress") == [(peer, port)]
