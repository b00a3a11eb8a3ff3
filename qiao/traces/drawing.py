"""A trace as a waterfall: a line for each span, with who, what, when, how long, and a bar."""

from datetime import UTC, datetime
from typing import NamedTuple

import msgspec
from rich.text import Text

from qiao.traces.tree import Row, Trace

BATCH = "messaging.batch.message_count"
NARROWEST = 10
WIDEST_NAME = 56
_COLOURS = ("cyan", "green", "magenta", "yellow", "blue", "bright_cyan", "bright_green", "bright_magenta")


class _Frame(NamedTuple):
    began: int
    took: int
    service: int
    name: int
    bar: int


def draw(trace: Trace, width: int) -> Text:
    """The whole of it, `width` columns wide; times are local, and count from its beginning."""
    frame = _frame(trace, width)
    colours = dict(zip(dict.fromkeys(row.service for row in trace.rows), _COLOURS * len(trace.rows), strict=False))
    lines = [_headline(trace), *(_line(row, frame, colours[row.service]) for row in trace.rows)]
    if trace.more:
        lines.append(Text(f"and {trace.more} more spans that were not kept", style="dim"))
    return Text("\n").join(lines)


def as_json(trace: Trace) -> str:
    """One line: the trace, and its spans in the order of the drawing. Times in microseconds."""
    spans = [
        {
            "depth": row.depth,
            "service": row.service,
            "name": row.span.name,
            "kind": row.span.kind,
            "at_us": (row.span.began - trace.began) / 1e3,
            "took_us": row.span.took / 1e3,
            "error": row.span.attributes.get("error.type"),
            "trace": row.trace,
            "span": row.span.id,
            "parent": row.span.parent or None,
            "links": row.span.links,
            "attributes": row.span.attributes,
        }
        for row in trace.rows
    ]
    began = datetime.fromtimestamp(trace.began / 1e9, UTC)
    whole = {"trace": trace.id, "began": began, "took_us": trace.took / 1e3, "not_kept": trace.more, "spans": spans}
    return msgspec.json.encode(whole).decode()


def _frame(trace: Trace, width: int) -> _Frame:
    service = max(len(row.service) for row in trace.rows)
    name = min(WIDEST_NAME, max(len(_name(row)) for row in trace.rows))
    bar = max(NARROWEST, width - service - name - len("  12345.6 ms  12345.6 ms  ") - 2)
    return _Frame(trace.began, max(trace.took, 1), service, name, bar)


def _headline(trace: Trace) -> Text:
    at = datetime.fromtimestamp(trace.began / 1e9, UTC).astimezone()
    services = ", ".join(dict.fromkeys(row.service for row in trace.rows))
    text = Text(f"trace {trace.id}", style="bold")
    return text.append(
        f"  {at:%Y-%m-%d %H:%M:%S}.{at:%f}"[:-3] + f"  {_millis(trace.took).strip()} in {services}", style="not bold"
    )


def _line(row: Row, frame: _Frame, colour: str) -> Text:
    failed = "error.type" in row.span.attributes
    text = Text(f"{row.service:<{frame.service}}  ", style="")
    text.append(f"{_short(_name(row), frame.name):<{frame.name}}", style="red" if failed else "")
    text.append(f"  {_millis(row.span.began - frame.began)}  {_millis(row.span.took)}  ", style="dim")
    return text.append(_bar(row, frame), style="red" if failed else colour)


def _name(row: Row) -> str:
    """`process posts[3] of 57`, below the send that it answers by an arrow."""
    said = row.span.attributes
    name = "  " * row.depth + ("↳ " if row.linked else "") + row.span.name
    if (partition := said.get("messaging.destination.partition.id")) is not None:
        name += f"[{partition}]"
    if count := said.get(BATCH, said.get("db.operation.batch.size")):
        name += f" ×{count}"
    if status := said.get("http.response.status_code"):
        name += f" {status}"
    return name + (f" ! {said['error.type']}" if "error.type" in said else "")


def _short(name: str, width: int) -> str:
    return name if len(name) <= width else name[: width - 1] + "…"


def _millis(nanos: int) -> str:
    return f"{nanos / 1e6:7.1f} ms"


def _bar(row: Row, frame: _Frame) -> str:
    """At least one cell, wherever in the whole it began."""
    first = min(frame.bar - 1, (row.span.began - frame.began) * frame.bar // frame.took)
    cells = max(1, min(frame.bar - first, round(row.span.took * frame.bar / frame.took)))
    return " " * first + "█" * cells
