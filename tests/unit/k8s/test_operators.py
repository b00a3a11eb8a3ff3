"""What operators make in Qiao's namespace keeps what the namespace enforces."""

from tests.unit.k8s.rendering import Object, of_kind
from tests.unit.k8s.test_pods import breaches


def template(pod: Object, *containers: Object | None) -> Object:
    """A pod as an operator would make it of its template, of which it says no more than who may do what."""
    return {
        "securityContext": pod["securityContext"],
        "containers": [
            {"name": "one", "securityContext": (each or {}).get("securityContext", {})} for each in containers
        ],
    }


def test_every_pod_of_kafka_keeps_the_restricted_level() -> None:
    [kafka] = of_kind("prod", "Kafka").values()
    nodes, entities = kafka["spec"]["kafka"]["template"], kafka["spec"]["entityOperator"]["template"]
    # Knowing its rack takes an init container.
    assert not breaches(template(nodes["pod"], nodes["kafkaContainer"], nodes["initContainer"]))
    operators = (entities["topicOperatorContainer"], entities["userOperatorContainer"])
    assert not breaches(template(entities["pod"], *operators))


def test_no_pool_of_nodes_has_a_template_of_its_own_which_would_replace_that_of_kafka() -> None:
    for pool in of_kind("prod", "KafkaNodePool").values():
        assert "template" not in pool["spec"]


def test_every_pod_of_cassandra_keeps_the_restricted_level() -> None:
    [cluster] = of_kind("prod", "K8ssandraCluster").values()
    cassandra = cluster["spec"]["cassandra"]
    found = [*cassandra["containers"], *cassandra["initContainers"]]
    # Those that the operator makes of a node, in the order in which the first two must run.
    assert [each["name"] for each in cassandra["initContainers"]] == ["server-config-init-base", "server-config-init"]
    assert [each["name"] for each in cassandra["containers"]] == ["cassandra", "server-system-logger"]
    assert not breaches(template({"securityContext": cassandra["podSecurityContext"]}, *found))
    assert cassandra["podSecurityContext"]["fsGroup"] == cassandra["podSecurityContext"]["runAsUser"]
