"""Keys are grouped by the nodes that hold them."""

from uuid import uuid4

from cassandra.connection import DefaultEndPoint
from cassandra.metadata import KeyspaceMetadata, Metadata, Murmur3Token, TokenMap
from cassandra.policies import SimpleConvictionPolicy
from cassandra.pool import Host

from libs.cassandra.replicas import Replicas

TOKENS = [-(2**62), 0, 2**62, 2**63 - 1]


def _ring(nodes: int, copies: int) -> Metadata:
    hosts = [Host(DefaultEndPoint(f"10.0.0.{n}"), SimpleConvictionPolicy, host_id=uuid4()) for n in range(nodes)]
    for host in hosts:
        host.set_location_info("dc1", "rack1")
    metadata = Metadata()
    metadata.keyspaces["qiao"] = KeyspaceMetadata("qiao", True, "NetworkTopologyStrategy", {"dc1": str(copies)})
    owners = {Murmur3Token(token): hosts[n % nodes] for n, token in enumerate(TOKENS)}
    metadata.token_map = TokenMap(Murmur3Token, owners, sorted(owners), metadata)
    return metadata


def test_where_every_node_holds_everything_there_is_one_group() -> None:
    replicas = Replicas(_ring(nodes=3, copies=3), "qiao")
    replicas.refresh()
    assert replicas.one_group
    assert replicas.group_of(b"key") == 0


def test_before_anything_is_known_there_is_one_group() -> None:
    replicas = Replicas(Metadata(), "qiao")
    replicas.refresh()
    assert replicas.one_group


def test_groups_are_the_drivers_own_replica_sets() -> None:
    metadata = _ring(nodes=4, copies=2)
    replicas = Replicas(metadata, "qiao")
    replicas.refresh()
    keys = [uuid4().bytes for _ in range(500)]
    told = {(replicas.group_of(key), frozenset(metadata.get_replicas("qiao", key))) for key in keys}
    assert len(told) == len({group for group, _ in told}) == len({hosts for _, hosts in told}) == 4


def test_a_changed_ring_is_seen() -> None:
    metadata = _ring(nodes=1, copies=1)
    replicas = Replicas(metadata, "qiao")
    replicas.refresh()
    metadata.token_map = _ring(nodes=4, copies=1).token_map
    metadata.token_map._metadata = metadata
    replicas.refresh()
    assert not replicas.one_group
