"""Production: three of everything, secured, watched, and grown by load."""

from pathlib import PurePosixPath

import pytest
import yaml

from libs.log.kafka.creating import OVERHEAD
from libs.log.sizes import MAX_RECORD
from qiao.capacity import MEASURED, WORKLOADS, Hardware, needs
from qiao.cluster import cassandra_settings, kafka_settings
from qiao.migration import topic_specs
from qiao.services import projections
from qiao.settings import Settings, load
from tests.unit.k8s.rendering import K8S, PRODUCTION, ROOT, Object, container, of_kind, pod, render, roles, variables

each_overlay = pytest.mark.parametrize("overlay", PRODUCTION)


def settings_of(overlay: str) -> Settings:
    return load(variables(overlay, roles(overlay)["gateway"]))


@each_overlay
def test_every_event_stands_in_three_copies_of_which_two_must_have_it(overlay: str) -> None:
    settings = settings_of(overlay)
    assert (settings.partitions, settings.replication, settings.min_insync) == (48, 3, 2)


@each_overlay
def test_kafka_and_cassandra_are_reached_with_tls_and_credentials_by_every_role(overlay: str) -> None:
    for thing in roles(overlay).values():
        settings = load(variables(overlay, thing))
        kafka, cassandra = kafka_settings(settings), cassandra_settings(settings)
        assert kafka.username
        assert kafka.password
        assert cassandra.username
        assert cassandra.password
        assert {kafka.tls_ca, cassandra.tls_ca} == mounted(thing)


def mounted(thing: Object) -> set[str]:
    """The files that its volume of certificates shows."""
    [mount] = [each for each in container(thing)["volumeMounts"] if each["name"] == "tls"]
    [volume] = [each for each in pod(thing)["spec"]["volumes"] if each["name"] == "tls"]
    items = [item for source in volume["projected"]["sources"] for item in source["secret"]["items"]]
    return {str(PurePosixPath(mount["mountPath"], item["path"])) for item in items}


def test_the_topics_of_the_operator_are_those_that_migrate_would_make() -> None:
    # Other tests of this process declare event types of a topic `test`.
    specs = {spec.name: spec for spec in topic_specs(settings_of("prod")) if spec.name != "test"}
    topics = of_kind("prod", "KafkaTopic")
    assert topics.keys() == specs.keys()
    for name, topic in topics.items():
        assert topic["spec"]["partitions"] == specs[name].partitions
        assert topic["spec"]["replicas"] == specs[name].replication
        assert topic["spec"]["config"] == {
            "retention.ms": "-1",
            "retention.bytes": "-1",
            "cleanup.policy": "delete",
            "message.timestamp.type": "LogAppendTime",
            "max.message.bytes": str(MAX_RECORD + OVERHEAD),
            "min.insync.replicas": str(specs[name].min_insync),
        }


def test_kafka_lets_qiao_in_by_password_over_tls_and_into_its_own_groups_only() -> None:
    [kafka] = of_kind("prod", "Kafka").values()
    [listener] = kafka["spec"]["kafka"]["listeners"]
    assert listener["tls"] is True
    assert listener["authentication"] == {"type": "scram-sha-512"}
    [user] = of_kind("prod", "KafkaUser").values()
    assert user["metadata"]["name"] == settings_of("prod").kafka_username
    [groups] = [each for each in user["spec"]["authorization"]["acls"] if each["resource"]["type"] == "group"]
    assert groups["resource"]["patternType"] == "prefix"
    assert all(each.group.startswith(groups["resource"]["name"]) for each in projections(Settings()))


def test_the_versions_of_strimzi_that_run_the_pinned_kafka_are_told() -> None:
    """From `kafka-versions.yaml` at Strimzi's tags: whoever raises Kafka looks there, and mends both texts."""
    [kafka] = of_kind("prod", "Kafka").values()
    assert kafka["spec"]["kafka"]["version"] == "4.1.1"
    for text in (ROOT / "docs" / "operating" / "kubernetes.md", K8S / "components" / "strimzi" / "kustomization.yaml"):
        assert "0.49 to 1.0" in text.read_text()


def test_what_belongs_to_one_kafka_names_it() -> None:
    [kafka] = of_kind("prod", "Kafka")
    for each in render("prod"):
        if each["kind"] in ("KafkaNodePool", "KafkaTopic", "KafkaUser"):
            assert each["metadata"]["labels"]["strimzi.io/cluster"] == kafka


def test_three_nodes_of_cassandra_demand_tls_and_take_batches_as_they_come() -> None:
    [cluster] = of_kind("prod", "K8ssandraCluster").values()
    cassandra = cluster["spec"]["cassandra"]
    [datacenter] = cassandra["datacenters"]
    assert (datacenter["size"], len(datacenter["racks"])) == (3, 3)
    assert settings_of("prod").cassandra_datacenter == datacenter["metadata"]["name"]
    told = cassandra["config"]["cassandraYaml"]
    assert cluster["spec"]["auth"] is True
    assert told["client_encryption_options"] == {"enabled": True, "optional": False, "require_client_auth": False}
    assert bounds(told) == bounds(local_cassandra())


def test_each_rack_of_cassandra_is_a_zone_of_its_own() -> None:
    [cluster] = of_kind("prod", "K8ssandraCluster").values()
    [datacenter] = cluster["spec"]["cassandra"]["datacenters"]
    pinned = [rack["nodeAffinityLabels"] for rack in datacenter["racks"]]
    assert {label for each in pinned for label in each} == {"topology.kubernetes.io/zone"}
    zones = [zone for each in pinned for zone in each.values()]
    assert len(set(zones)) == len(zones) == settings_of("prod").replication
    # Nobody has these: whoever forgets to name their own finds nodes that wait, not racks that share a zone.
    told = (ROOT / "docs" / "operating" / "kubernetes.md").read_text()
    assert all(zone.startswith("REPLACE-") and f"`{zone}`" in told for zone in zones)


def test_nodes_of_cassandra_are_known_by_their_services_name_for_their_addresses_change() -> None:
    settings = settings_of("prod")
    assert cassandra_settings(settings).hosts == (settings.cassandra_tls_name,)


def test_the_cassandra_of_dev_takes_batches_as_they_come_too() -> None:
    [config] = [each for name, each in of_kind("dev", "ConfigMap").items() if name.startswith("cassandra-config")]
    assert bounds(yaml.safe_load(config["data"]["cassandra.yaml"])) == bounds(local_cassandra())


def local_cassandra() -> Object:
    """The configuration of the local node, which every test on servers runs with."""
    template = (ROOT / "deploy" / "local" / "cassandra" / "cassandra.yaml").read_text()
    filled = template.format(port=0, storage_port=0, data="/data", commitlog_sync="commitlog_sync: batch")
    loaded: Object = yaml.safe_load(filled)
    return loaded


def bounds(config: Object) -> Object:
    return {name: value for name, value in config.items() if "batch" in name and "threshold" in name}


@each_overlay
def test_gateways_grow_by_load_and_workers_by_hand(overlay: str) -> None:
    [scaler] = of_kind(overlay, "HorizontalPodAutoscaler").values()
    assert scaler["spec"]["scaleTargetRef"]["name"] == "gateway"
    gateway = roles(overlay)["gateway"]
    assert "replicas" not in gateway["spec"]  # else every rollout would undo what the autoscaler did
    [metric] = scaler["spec"]["metrics"]
    share = metric["resource"]["target"]["averageUtilization"] / 100
    requested = int(container(gateway)["resources"]["requests"]["cpu"].removesuffix("m"))
    assert requested * share < 1000  # one process: beyond a core there is nothing to measure


@each_overlay
def test_gateways_may_grow_to_what_the_surge_needs(overlay: str) -> None:
    [scaler] = of_kind(overlay, "HorizontalPodAutoscaler").values()
    most, needed = scaler["spec"]["maxReplicas"], needs(WORKLOADS["surge"], MEASURED, Hardware()).gateways
    assert container(roles(overlay)["gateway"])["args"] == ["gateway"]  # one process a pod
    assert most >= needed
    told = {name: (ROOT / "docs" / "operating" / f"{name}.md").read_text() for name in ("capacity", "kubernetes")}
    assert f"{needed} processes of one core, each a pod; the autoscaler goes up to {most}" in told["capacity"]
    assert f"The autoscaler keeps {scaler['spec']['minReplicas']} to {most} of them" in told["kubernetes"]


@each_overlay
def test_prometheus_finds_gateways_and_workers_by_their_services(overlay: str) -> None:
    monitors, services = of_kind(overlay, "ServiceMonitor"), of_kind(overlay, "Service")
    found = set()
    for monitor in monitors.values():
        labels = monitor["spec"]["selector"]["matchLabels"].items()
        chosen = {name for name, each in services.items() if labels <= each["metadata"]["labels"].items()}
        [endpoint] = monitor["spec"]["endpoints"]
        assert endpoint["path"] == "/metrics"
        for name in chosen:
            assert endpoint["port"] in [port["name"] for port in services[name]["spec"]["ports"]]
        found |= chosen
    assert found == services.keys()
