"""A statement goes to nodes that hold what it asks for."""

from cassandra.query import PreparedStatement

from libs.cassandra import Statement
from libs.cassandra.statements import bind, operation_of


def _prepared(routing_key_indexes: list[int] | None, text: str = "SELECT") -> PreparedStatement:
    return PreparedStatement([], b"id", routing_key_indexes, text, "ks", 5, [], b"")


def test_what_kind_of_work_a_statement_is_shows_in_the_metrics() -> None:
    told = []
    for text, repeatable in (("SELECT text", True), ("INSERT INTO cards", True), ("UPDATE vault", False)):
        prepared = _prepared(None, text)
        prepared.is_idempotent = repeatable
        told.append(operation_of(prepared))
    assert told == ["read", "write", "condition"]


def test_the_partition_is_told_from_the_values() -> None:
    assert bind(Statement(_prepared([1]), [b"other", b"partition"])).routing_key == b"partition"


def test_the_partitions_of_an_in_are_told_apart_from_the_values() -> None:
    bound = bind(Statement(_prepared(None), [b"list of partitions"], routing_key=b"one of them"))
    assert bound.routing_key == b"one of them"
    assert bound.values == [b"list of partitions"]
