"""What a store has been told about a table, and what a declaration may change of it. Pure; both twins ask here.

Both twins record every declaration in `schema_versions`. Columns are never dropped physically: in Cassandra a
column dropped and added again hides every write of a smaller stamp for ever.
"""

from collections.abc import Sequence

import msgspec

from libs.views.port import SchemaOutdated, SchemaRefused
from libs.views.table import Table

AnyTable = Table[msgspec.Struct]


class Declaration(msgspec.Struct, frozen=True):
    """One version of a table, as `schema_versions` keeps it (JSON)."""

    kind: str
    partition: tuple[str, ...]
    clustering: tuple[tuple[str, bool], ...]
    columns: dict[str, str]
    """Column name -> type word, without what was dropped."""

    dropped: tuple[str, ...] = ()
    """Every name that was ever dropped, sorted."""


class Change(msgspec.Struct, frozen=True):
    """What a migration has to do for one table: create it (version 1) or add columns, then record `declaration`."""

    version: int
    declaration: Declaration
    added: tuple[str, ...]


def declare(table: AnyTable) -> Declaration:
    """What is recorded of a declared table."""
    return Declaration(
        kind=table.kind.value,
        partition=table.partition,
        clustering=tuple((column.column, column.descending) for column in table.clustering),
        columns={name: kind.value for name, kind in table.types.items()},
        dropped=tuple(sorted(table.dropped)),
    )


def change_of(table: AnyTable, history: Sequence[Declaration]) -> Change | None:
    """What to do so that the store can hold `table`, None for nothing. `history` is oldest first.

    Raises SchemaRefused for what the design forbids.
    """
    wanted = declare(table)
    if not history:
        return Change(1, wanted, tuple(wanted.columns))
    if is_newer(table, history):
        return None
    stored = history[-1]
    _check_shape(table, wanted, stored)
    _check_columns(table, wanted, stored)
    if (wanted.columns, wanted.dropped) == (stored.columns, stored.dropped):
        return None
    added = tuple(name for name in wanted.columns if name not in stored.columns)
    _check_defaults(table, added)
    return Change(len(history) + 1, wanted, added)


def is_newer(table: AnyTable, history: Sequence[Declaration]) -> bool:
    """Whether the store knows all that `table` declares, and more: a later version was here, and this one can work.

    Then nothing is done and nothing recorded: a name that is merely not declared must not count as dropped.
    Raises SchemaRefused where they contradict each other.
    """
    if not history:
        return False
    wanted, stored = declare(table), history[-1]
    if not (_forgotten(wanted, stored) and _has_all(wanted, stored)):
        return False
    check(table, history)
    return True


def check(table: AnyTable, history: Sequence[Declaration]) -> None:
    """Raises SchemaOutdated where `qiao migrate` has not yet made what `table` declares; SchemaRefused as above.

    A store that knows more columns is no fault: processes of the version before run beside the new ones.
    """
    if not history:
        raise SchemaOutdated(f"table {table.name} does not exist: run `qiao migrate`")
    wanted, stored = declare(table), history[-1]
    _check_shape(table, wanted, stored)
    missing = [name for name in wanted.columns if name not in stored.columns]
    if missing:
        raise SchemaOutdated(f"table {table.name} has no columns {missing}: run `qiao migrate`")
    _check_types(table, wanted, stored)


def _check_shape(table: AnyTable, wanted: Declaration, stored: Declaration) -> None:
    for part in ("kind", "partition", "clustering"):
        old, new = getattr(stored, part), getattr(wanted, part)
        if old != new:
            raise SchemaRefused(f"table {table.name}: its {part} is {old} and cannot become {new}: declare a new table")


def _check_columns(table: AnyTable, wanted: Declaration, stored: Declaration) -> None:
    again = sorted(set(wanted.columns).intersection(stored.dropped))
    if again:
        raise SchemaRefused(f"table {table.name}: {again} were dropped, and a dropped name is never used again")
    forgotten = _forgotten(wanted, stored)
    if forgotten:
        raise SchemaRefused(
            f"table {table.name}: this declaration changes it, and does not know {forgotten}, which the store knows: "
            "declare them, or name them in `dropped`"
        )
    _check_types(table, wanted, stored)


def _forgotten(wanted: Declaration, stored: Declaration) -> list[str]:
    return sorted(set(stored.columns).union(stored.dropped).difference(wanted.columns, wanted.dropped))


def _has_all(wanted: Declaration, stored: Declaration) -> bool:
    return set(stored.columns) >= set(wanted.columns) and set(stored.dropped) >= set(wanted.dropped)


def _check_types(table: AnyTable, wanted: Declaration, stored: Declaration) -> None:
    for name, kind in wanted.columns.items():
        old = stored.columns.get(name, kind)
        if old != kind:
            raise SchemaRefused(f"table {table.name}: column {name} is {old} and cannot become {kind}: use a new name")


def _check_defaults(table: AnyTable, added: Sequence[str]) -> None:
    bare = [field.name for field in msgspec.structs.fields(table.row) if field.required and field.name in added]
    if bare:
        raise SchemaRefused(f"table {table.name}: added columns {bare} need a default, for the rows that lack them")
