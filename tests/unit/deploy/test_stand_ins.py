"""The local stand-ins take the variables of the official images."""

from pathlib import Path

import pytest
import yaml

from tests.unit.deploy.files import ROOT, program, services

KAFKA, CASSANDRA = program("local/kafka/start.py"), program("local/cassandra/start.py")


def test_every_variable_named_kafka_is_a_setting_of_the_broker() -> None:
    settings = KAFKA["settings"]
    assert settings({"KAFKA_LOG_DIRS": "/data", "PATH": "/bin", "KAFKA_HEAP_OPTS": "-Xmx1G"}) == {"log.dirs": "/data"}
    assert settings({"KAFKA_A__B___C_D": "x"}) == {"a_b-c.d": "x"}


def test_the_broker_of_compose_is_told_what_its_properties_would_tell() -> None:
    told = KAFKA["settings"](services()["kafka"]["environment"])
    assert told["process.roles"] == "broker,controller"
    assert told["auto.create.topics.enable"] == "false"
    assert told["node.id"] == "1"


def test_the_node_takes_heap_and_options_and_wants_a_configuration() -> None:
    environment = services()["cassandra"]["environment"]
    line = CASSANDRA["command"](environment, Path("/jamm.jar"))
    assert {"-Xmx1G", "-Dcassandra.ring_delay_ms=0", "-Dcassandra.config=file:///etc/qiao/cassandra.yaml"} <= set(line)
    assert line[-1] == "org.apache.cassandra.service.CassandraDaemon"
    with pytest.raises(ValueError, match="JVM_EXTRA_OPTS"):
        CASSANDRA["command"]({}, Path("/jamm.jar"))


def test_users_and_places_are_those_that_kubernetes_gives_them() -> None:
    for name, place in (("kafka", "/var/lib/kafka/data"), ("cassandra", "/var/lib/cassandra")):
        said = (ROOT / "deploy" / "local" / name / "Dockerfile").read_text()
        manifests = yaml.safe_load_all((ROOT / f"k8s/overlays/dev/servers/{name}.yaml").read_text())
        [pod] = [each["spec"]["template"]["spec"] for each in manifests if each["kind"] == "StatefulSet"]
        user = pod["securityContext"]["runAsUser"]
        assert f"USER {user}:{user}\n" in said
        assert place in said
        assert place in [mount["mountPath"] for mount in pod["containers"][0]["volumeMounts"]]
