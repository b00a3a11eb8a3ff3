"""A statement goes to nodes that hold what it asks for."""

from cassandra.query import PreparedStatement

from libs.cassandra import Statement
from libs.cassandra.statements import bind


def _prepared(routing_key_indexes: list[int] | None) -> PreparedStatement:
    return PreparedStatement([], b"id", routing_key_indexes, "SELECT", "ks", 5, [], b"")


def test_the_partition_is_told_from_the_values() -> None:
    assert bind(Statement(_prepared([1]), [b"other", b"partition"])).routing_key == b"partition"


def test_the_partitions_of_an_in_are_told_apart_from_the_values() -> None:
    bound = bind(Statement(_prepared(None), [b"list of partitions"], routing_key=b"one of them"))
    assert bound.routing_key == b"one of them"
    assert bound.values == [b"list of partitions"]
