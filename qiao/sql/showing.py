"""An answer as people and as programs read it."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import TextIO

import msgspec
from rich.table import Table
from rich.text import Text

from libs.events.standins import with_stand_ins
from qiao.sql.asking import Answer
from qiao.sql.fields import SqlValue
from qiao.sql.views import EVENTS


def write_csv(answer: Answer, output: TextIO) -> None:
    """RFC 4180 with the names first; NULL is an empty field."""
    writer = csv.writer(output, lineterminator="\n")
    writer.writerow(answer.columns)
    writer.writerows([_plain(value) for value in row] for row in answer.rows)


def json_lines(answer: Answer) -> Iterator[str]:
    """One object a line. Of columns with one name the second is called `name_2`, and so on."""
    encode, names = msgspec.json.Encoder().encode, _apart(answer.columns)
    for row in answer.rows:
        yield encode(dict(zip(names, map(_plain, row), strict=True))).decode()


def _apart(columns: Sequence[str]) -> Sequence[str]:
    """Each with a name of its own, the first with the one that it has."""
    names, taken = list[str](), set(columns)
    for column in columns:
        others = (f"{column}_{number}" for number in count(2))
        name = column if column not in names else next(other for other in others if other not in taken)
        taken.add(name)
        names.append(name)
    return names


def as_table(answer: Answer) -> Table:
    """For people: a line for each row, cut where the terminal ends, sealed texts as their stand-ins."""
    table = Table(show_edge=False)
    for name in answer.columns:
        table.add_column(Text(name), no_wrap=True, overflow="ellipsis")
    for row in answer.rows:
        table.add_row(*map(_cell, row))
    return table


def as_overview(views: Mapping[str, Sequence[str]]) -> Table:
    """What can be asked. What every view of events has is said once."""
    table = Table("View", "Columns", show_edge=False)
    common = set(views.get(EVENTS, ()))
    for name, columns in views.items():
        own = [column for column in columns if column not in common]
        of_events = name != EVENTS and "log_ms" in columns
        text = f"those of {EVENTS} but type and data; {', '.join(own)}" if of_events else ", ".join(columns)
        table.add_row(Text(name), Text(text))
    return table


def _cell(value: SqlValue) -> Text:
    if value is None:
        return Text("NULL", style="dim")
    return Text(with_stand_ins(str(_plain(value))), justify="right" if isinstance(value, int | float) else "left")


def _plain(value: SqlValue) -> str | int | float | None:
    """Bytes as hexadecimal digits."""
    return value.hex() if isinstance(value, bytes) else value
