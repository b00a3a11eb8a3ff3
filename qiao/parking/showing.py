"""How parked events are shown to people and to programs."""

from collections.abc import Iterator, Sequence

import msgspec
from rich.table import Table

from libs.events import Keys
from libs.events.standins import with_stand_ins
from qiao.parking.lot import Waiting
from qiao.parking.reading import Reading, RowRead
from qiao.sealed import opened
from qiao.tailing.lines import Line, as_data


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A parked event with the event itself."""

    parked: Waiting
    event: Line
    by: str
    """Who acted: @handle, the account's id where no registration tells it, or the system."""
    reads: Reading
    behind: Sequence[Waiting]
    """Events of the same key that wait, too."""


async def shown_open(shown: Shown, keys: Keys) -> Shown:
    """The same with what people wrote in clear; null where it was erased. Raises what `keys` raises."""
    event, reads = shown.event, shown.reads
    if event.data is not None:
        data = await opened(msgspec.json.decode(event.data), keys)
        event = msgspec.structs.replace(event, data=msgspec.Raw(msgspec.json.encode(data)))
    rows = [msgspec.structs.replace(row, row=await opened(row.row, keys)) for row in reads.rows]
    return msgspec.structs.replace(shown, event=event, reads=msgspec.structs.replace(reads, rows=rows))


def as_table(rows: Sequence[Waiting]) -> Table:
    """One line each."""
    table = Table("Projection", "Place", "State", "Key", "Error", show_edge=False)
    for row in rows:
        table.add_row(row.projection, row.place, row.state, row.key, row.error)
    return table


def as_text(shown: Shown) -> str:
    """Everything there is to know, a line each, then the event's data and the rows that its handler would read."""
    parked, event, envelope = shown.parked, shown.event, shown.event.envelope
    about = {
        "projection": parked.projection,
        "place": parked.place,
        "key": parked.key,
        "state": parked.state,
        "tries": str(parked.tries),
        "error": parked.error or "-",
        "failed in": "\n            ".join(parked.frames) or "-",
        "trace": parked.trace or "-",
        "appended": f"{event.log_time.astimezone():%Y-%m-%d %H:%M:%S %z}",
        "event": f"{envelope.type} v{envelope.version} {envelope.id}" if envelope else "cannot be read",
        "by": shown.by,
        "unreadable": event.error or "-",
        "behind it": ", ".join(f"{waiting.place} {waiting.event_type}" for waiting in shown.behind) or "-",
    }
    lines = [f"{name:<11} {value}" for name, value in about.items()]
    if event.data is not None:
        lines.append(as_data(event))
    return "\n".join([*lines, *_reads(shown.reads)])


def _reads(reads: Reading) -> Iterator[str]:
    if reads.error:
        yield f"what its handler would read cannot be said: {reads.error}"
    elif not reads.handler:
        yield "the projection has no handler for it"
    else:
        yield (
            f"its handler reads {len(reads.rows)} rows of its own key, now:"
            if reads.rows
            else "its handler reads no row"
        )
        yield from map(_row, reads.rows)
        if reads.second_phase:
            yield "then, once its own rows are written, it reads those of other keys"


def _row(read: RowRead) -> str:
    return f"  {read.table} {' '.join(read.key)}: {_text(read.row)}"


def _text(row: object) -> str:
    return "no such row" if row is None else with_stand_ins(msgspec.json.encode(row).decode())
