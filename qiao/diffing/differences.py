"""What two sets of tables differ in, row by row."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec
from rich.text import Text

from libs.events.standins import with_stand_ins
from qiao.replay.rows import address

MOST_KEPT = 1_000
"""Differences of one table that are kept in mind; all are counted."""

Columns = Mapping[str, object]


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """A row that is not the same on both sides. None where a side does not have it."""

    table: str
    key: Columns
    a: Columns | None
    b: Columns | None

    @property
    def address(self) -> str:
        """What the row is called."""
        return address(self.table, self.key)


class TableCount(msgspec.Struct, frozen=True, kw_only=True):
    """How the rows of one table compare."""

    table: str
    same: int
    differ: int
    only_a: int
    only_b: int

    @property
    def alike(self) -> bool:
        """Whether both sides have the same rows."""
        return not (self.differ or self.only_a or self.only_b)


class Parting(msgspec.Struct, frozen=True, kw_only=True):
    """The event after which the two sides differ for the first time."""

    place: str
    """Empty where no event of the log explains it."""
    type: str
    row: str
    a: Columns | None
    b: Columns | None


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """What a comparison found."""

    a: str
    b: str
    tables: Sequence[TableCount]
    differences: Sequence[Difference]
    """The first ones."""
    parting: Parting | None = None
    """Of the rows that were followed event by event."""
    left_out: Sequence[str] = ()
    """Tables, and columns as table.column, that only one side knows: they were not compared."""
    followed: int = 0
    """How many of the rows that differ were followed; more may part earlier."""

    @property
    def alike(self) -> bool:
        """Whether nothing differs."""
        return all(table.alike for table in self.tables)

    @property
    def total(self) -> int:
        """How many rows differ."""
        return sum(table.differ + table.only_a + table.only_b for table in self.tables)


class Counting:
    """Counts the rows of one table, and keeps the first differences."""

    def __init__(self, table: str) -> None:
        """Of none yet."""
        self._table, self._same, self._differ, self._only_a, self._only_b = table, 0, 0, 0, 0
        self.kept: list[Difference] = []

    def take(self, difference: Difference | None) -> None:
        """One row; None is one that is alike."""
        if difference is None:
            self._same += 1
            return
        self._only_a += difference.b is None
        self._only_b += difference.a is None
        self._differ += difference.a is not None and difference.b is not None
        if len(self.kept) < MOST_KEPT:
            self.kept.append(difference)

    @property
    def total(self) -> TableCount:
        """What it came to."""
        return TableCount(
            table=self._table, same=self._same, differ=self._differ, only_a=self._only_a, only_b=self._only_b
        )


def lines_of(compared: Compared, most: int) -> Iterator[Text]:
    """For people: - is a, + is b."""
    yield Text(f"- {compared.a}\n+ {compared.b}", style="bold")
    for each in compared.differences[:most]:
        yield from row_lines(each.address, each.a, each.b)
    total = compared.total
    if total > most:
        yield Text(f"... and {total - most} rows more", style="dim")
    for table in compared.tables:
        if not table.alike:
            yield Text(
                f"{table.table}: {table.same} rows alike, {table.differ} differ, "
                f"{table.only_a} only in {compared.a}, {table.only_b} only in {compared.b}"
            )
    if compared.left_out:
        yield Text(f"Not compared, for only one side knows them: {', '.join(compared.left_out)}", style="yellow")
    if compared.alike:
        yield Text(f"All {sum(table.same for table in compared.tables)} rows are alike.")
    if compared.parting is not None:
        if compared.followed < total:
            yield Text(f"Of the first {compared.followed} of {total} rows that differ:", style="dim")
        yield from _parting_lines(compared.parting)


def row_lines(name: str, a: Columns | None, b: Columns | None) -> Iterator[Text]:
    """One row, - for a, + for b: as a whole where a side lacks it, else the columns that differ; none if alike."""
    if a == b:
        return
    yield Text(name, style="cyan")
    if a is None or b is None:
        yield from _both("", a, b)
        return
    for column in sorted(a.keys() | b.keys()):
        if a.get(column) != b.get(column):
            yield from _both(f"{column}: ", a.get(column), b.get(column))


def _both(before: str, a: object, b: object) -> Iterator[Text]:
    yield Text(f"  - {before}{_json(a)}", style="red")
    yield Text(f"  + {before}{_json(b)}", style="green")


def _parting_lines(parting: Parting) -> Iterator[Text]:
    if not parting.place:
        yield Text(f"No event of the log makes {parting.row} what it is in b.", style="yellow")
        return
    yield Text(f"They part after {parting.place}  {parting.type}, in {parting.row}:", style="yellow")
    yield from _both("", parting.a, parting.b)


def _json(value: object) -> str:
    return "no such row" if value is None else with_stand_ins(msgspec.json.encode(value).decode())
