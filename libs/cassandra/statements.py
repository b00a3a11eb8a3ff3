"""What is sent: prepared statements with values that are encoded already, as the native protocol has them."""

from collections.abc import Sequence
from enum import Enum
from typing import Literal, NamedTuple

from cassandra.query import BoundStatement, PreparedStatement


class Use(Enum):
    """What a statement is used for, hence how it is sent."""

    PLAIN = "plain"
    """A read, or a write that may be repeated: at LOCAL_QUORUM, tried on a second node if the first fails."""

    CONDITION = "condition"
    """A light-weight transaction: never repeated by the driver, which would mistake its own first try for another's."""

    SERIAL_READ = "serial read"
    """Sees every light-weight transaction that has been acknowledged."""


Operation = Literal["read", "write", "condition", "schema"]
"""What kind of work a request is, for the metrics."""


class Statement(NamedTuple):
    """One request."""

    prepared: PreparedStatement
    values: Sequence[bytes | None]
    routing_key: bytes | None = None
    """The encoded partition key, where the driver cannot tell it from the values (IN)."""


def operation_of(prepared: PreparedStatement) -> Operation:
    """Told by how it was prepared: only a light-weight transaction must not be repeated."""
    if not prepared.is_idempotent:
        return "condition"
    return "read" if prepared.query_string.startswith("SELECT") else "write"


BatchRow = tuple[PreparedStatement, Sequence[bytes]]
"""A prepared INSERT that may be repeated, and its values. No Statement: making one for each row would tell."""


class _Routed(BoundStatement):  # type: ignore[misc]
    """Goes to nodes that hold `routing_key`. The driver's own class looks for the key among the values only."""

    routing_key: bytes | None = None


def bind(statement: Statement) -> BoundStatement:
    """The driver's form of it."""
    if statement.routing_key is None:
        bound = BoundStatement(statement.prepared)
    else:
        bound = _Routed(statement.prepared)
        bound.routing_key = statement.routing_key
    bound.values = statement.values
    return bound
