"""How parked events are shown to people and to programs."""

from collections.abc import Sequence

import msgspec
from rich.table import Table

from qiao.parking.lot import Waiting
from qiao.tailing.lines import Line


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A parked event with the event itself."""

    parked: Waiting
    event: Line
    behind: Sequence[Waiting]
    """Events of the same key that wait, too."""


def as_json(value: object) -> str:
    """Indented JSON."""
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def as_table(rows: Sequence[Waiting]) -> Table:
    """One line each."""
    table = Table("Projection", "Place", "State", "Key", "Error", show_edge=False)
    for row in rows:
        table.add_row(row.projection, row.place, row.state, row.key, row.error)
    return table


def as_text(shown: Shown) -> str:
    """Everything there is to know, a line each, then the event's data."""
    parked, event, envelope = shown.parked, shown.event, shown.event.envelope
    about = {
        "projection": parked.projection,
        "place": parked.place,
        "key": parked.key,
        "state": parked.state,
        "tries": str(parked.tries),
        "error": parked.error or "-",
        "trace": parked.trace or "-",
        "appended": f"{event.log_time.astimezone():%Y-%m-%d %H:%M:%S %z}",
        "event": f"{envelope.type} v{envelope.version} {envelope.id}" if envelope else "cannot be read",
        "unreadable": event.error or "-",
        "behind it": ", ".join(waiting.place for waiting in shown.behind) or "-",
    }
    lines = [f"{name:<11} {value}" for name, value in about.items()]
    if event.data is not None:
        lines.append(msgspec.json.format(bytes(event.data), indent=2).decode())
    return "\n".join(lines)
