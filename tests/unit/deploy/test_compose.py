"""docker-compose.yml holds what docs/operating/compose.md promises."""

import re
from typing import Any

import pytest
import yaml

from qiao.services import SERVICES
from qiao.settings import load
from tests.unit.deploy.files import ROOT, compose, filled, services

ALL = services()
QIAO = {name: service for name, service in ALL.items() if "qiao" in service["image"]}
OTHERS = {name: service for name, service in ALL.items() if name not in QIAO}
ENDING = {"migrate", "seed"}
UNASKED = {"collector", "jaeger"}
"""Whose images have no tool in them to ask for their health with."""
DEV = ROOT / "k8s" / "overlays" / "dev" / "servers"
each = pytest.mark.parametrize("service", ALL.values(), ids=ALL.keys())


def test_it_has_every_part_of_the_platform_and_a_worker_for_each_service() -> None:
    workers = {f"worker-{name}" for name in SERVICES}
    assert set(QIAO) == {"migrate", "gateway", "seed"} | workers
    assert set(OTHERS) == {"kafka", "cassandra", "collector", "jaeger", "prometheus", "grafana"}
    assert [ALL[f"worker-{name}"]["command"] for name in SERVICES] == [["worker", name] for name in SERVICES]


def test_each_worker_has_a_name_of_its_own_that_it_keeps_over_restarts() -> None:
    names = [service["environment"].get("QIAO_INSTANCE") for name, service in QIAO.items() if "worker" in name]
    assert all(names)
    assert len(set(names)) == len(SERVICES)


@each
def test_every_image_can_be_replaced_by_a_variable(service: dict[str, Any]) -> None:
    assert re.fullmatch(r"\$\{[A-Z_]*IMAGE:-[^}]+\}", service["image"])


@pytest.mark.parametrize("service", OTHERS.values(), ids=OTHERS.keys())
def test_every_image_of_others_is_pinned_to_a_version(service: dict[str, Any]) -> None:
    assert re.fullmatch(r"[a-z/-]+:v?\d+\.\d+\.\d+", filled(service["image"]))


@each
def test_no_service_may_take_the_machine_or_more_rights(service: dict[str, Any]) -> None:
    assert service["mem_limit"]
    assert service["cpus"] <= 2
    assert service["pids_limit"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "network_mode", "pid", "cap_add"} & service.keys()
    assert service["logging"]["options"].keys() == {"max-size", "max-file"}


@pytest.mark.parametrize("service", QIAO.values(), ids=QIAO.keys())
def test_qiao_runs_on_a_read_only_root(service: dict[str, Any]) -> None:
    assert service["read_only"] is True
    assert service["tmpfs"] == ["/tmp:size=64m"]
    assert "volumes" not in service


@pytest.mark.parametrize("name", sorted(ALL.keys() - ENDING - UNASKED))
def test_what_stays_is_asked_for_its_health_and_started_again(name: str) -> None:
    assert ALL[name]["healthcheck"]["test"][0] == "CMD"
    assert ALL[name]["restart"] == "unless-stopped"


def test_a_start_waits_for_what_it_needs_to_be_healthy() -> None:
    healthy = {"condition": "service_healthy"}
    assert ALL["migrate"]["depends_on"] == {"kafka": healthy, "cassandra": healthy}
    for name in QIAO.keys() - ENDING:
        assert ALL[name]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
        assert ALL[name]["healthcheck"]["test"] == ["CMD", "qiao-health", "/readyz"]


def test_qiao_waits_for_nothing_that_only_watches() -> None:
    watching = {"collector", "jaeger", "prometheus", "grafana"}
    for service in QIAO.values():
        assert not watching & set(service.get("depends_on", {}))


@each
def test_only_this_machine_reaches_what_is_published(service: dict[str, Any]) -> None:
    for port in service.get("ports", []):
        assert filled(port).startswith("127.0.0.1:")


def test_what_must_be_kept_is_kept_in_volumes() -> None:
    kept = {"kafka": "/var/lib/kafka/data", "cassandra": "/var/lib/cassandra", "prometheus": "/prometheus"}
    kept["grafana"] = "/var/lib/grafana"
    for name, place in kept.items():
        assert f"{name}:{place}" in ALL[name]["volumes"]
    assert set(compose()["volumes"]) == set(kept)


def test_secrets_come_from_an_env_file_alone_and_the_sample_has_placeholders_that_work() -> None:
    lines = (ROOT / "deploy" / "compose" / "sample.env").read_text().splitlines()
    sample = dict(line.split("=") for line in lines if not line.startswith("#"))
    assert set(sample) == {"QIAO_SECRET", "QIAO_MASTER_KEY"}
    assert set(sample["QIAO_MASTER_KEY"]) == {"0"}
    assert sample["QIAO_SECRET"].startswith("sample-secret")
    for service in QIAO.values():
        assert filled(*service["env_file"]) == "deploy/compose/sample.env"
        assert not re.search("SECRET|KEY|PASSWORD", " ".join(service["environment"]))
        load(service["environment"] | sample)


@each
def test_every_file_that_is_mounted_is_there(service: dict[str, Any]) -> None:
    for volume in service.get("volumes", []):
        source, _, rest = volume.partition(":")
        if source.startswith("./"):
            assert (ROOT / source).exists()
            assert rest.endswith(":ro")


def test_kafka_and_cassandra_are_those_of_kubernetes_and_of_the_tests() -> None:
    pinned = {
        each["newName"]: each["newTag"] for each in yaml.safe_load((DEV / "kustomization.yaml").read_text())["images"]
    }
    for name in ("kafka", "cassandra"):
        image, _, tag = filled(ALL[name]["image"]).partition(":")
        assert pinned[image] == tag
        assert f"<version>{tag}</version>" in (ROOT / "deploy" / "local" / name / "pom.xml").read_text()


@pytest.mark.parametrize("name", ["kafka", "cassandra"])
def test_their_settings_are_those_of_kubernetes(name: str) -> None:
    manifests = yaml.safe_load_all((DEV / f"{name}.yaml").read_text())
    [pod] = [each["spec"]["template"]["spec"] for each in manifests if each["kind"] == "StatefulSet"]
    wanted = {each["name"]: each["value"] for each in pod["containers"][0]["env"]}
    found = dict(ALL[name]["environment"])
    if name == "kafka":  # another network, another name
        assert found.pop("KAFKA_ADVERTISED_LISTENERS") != wanted.pop("KAFKA_ADVERTISED_LISTENERS")
    assert found == wanted


def test_prometheus_asks_the_gateway_and_every_worker_and_knows_the_alerts() -> None:
    read = yaml.safe_load((ROOT / "deploy" / "compose" / "prometheus.yml").read_text())
    targets = [target for job in read["scrape_configs"] for each in job["static_configs"] for target in each["targets"]]
    assert targets == ["gateway:8080", *(f"worker-{name}:9100" for name in sorted(SERVICES))]
    assert "./deploy/alerts:/etc/prometheus/alerts:ro" in ALL["prometheus"]["volumes"]
    assert read["rule_files"] == ["/etc/prometheus/alerts/*.yaml"]


@pytest.mark.parametrize("name", ["collector", "jaeger"])
def test_traces_have_a_way_through(name: str) -> None:
    read = yaml.safe_load((ROOT / "deploy" / "compose" / f"{name}.yaml").read_text())
    for kind in ("receivers", "processors", "exporters"):
        assert set(read["service"]["pipelines"]["traces"][kind]) == set(read[kind])
    assert set(read["service"].get("extensions", [])) == set(read.get("extensions", {}))


def test_each_step_of_a_trace_leads_to_the_next() -> None:
    gateway = ALL["gateway"]["environment"]["QIAO_OTLP_ENDPOINT"]
    collector, jaeger = (
        yaml.safe_load((ROOT / f"deploy/compose/{name}.yaml").read_text()) for name in ("collector", "jaeger")
    )
    grafana = yaml.safe_load((ROOT / "deploy/compose/grafana/datasources/qiao.yaml").read_text())
    steps = [
        (gateway.removeprefix("http://"), "collector", collector["receivers"]["otlp"]["protocols"]["http"]),
        (collector["exporters"]["otlp"]["endpoint"], "jaeger", jaeger["receivers"]["otlp"]["protocols"]["grpc"]),
        (
            grafana["datasources"][1]["url"].removeprefix("http://"),
            "jaeger",
            jaeger["extensions"]["jaeger_query"]["http"],
        ),
    ]
    for address, service, listening in steps:
        host, port = address.split(":")
        assert (host, listening["endpoint"]) == (service, f"0.0.0.0:{port}")


def test_grafana_opens_with_a_dashboard_and_lets_nobody_sign_in() -> None:
    environment = ALL["grafana"]["environment"]
    shown = environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    provider = yaml.safe_load((ROOT / "deploy/compose/grafana/dashboards/qiao.yaml").read_text())["providers"][0]
    folder = provider["options"]["path"]
    assert f"./deploy/dashboards:{folder}:ro" in ALL["grafana"]["volumes"]
    assert (ROOT / "deploy/dashboards" / shown.removeprefix(f"{folder}/")).exists()
    assert environment["GF_AUTH_ANONYMOUS_ORG_ROLE"] == "Viewer"
    assert environment["GF_AUTH_DISABLE_LOGIN_FORM"] == "true"
    assert environment["GF_AUTH_BASIC_ENABLED"] == "false"


def test_the_collector_keeps_room_below_its_limit() -> None:
    read = yaml.safe_load((ROOT / "deploy/compose/collector.yaml").read_text())
    assert read["processors"]["memory_limiter"]["limit_mib"] * 1.25 < int(ALL["collector"]["mem_limit"].rstrip("m"))
