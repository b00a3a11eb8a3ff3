"""Reading what was kept, beside whoever writes it."""

import sqlite3
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from heapq import nlargest
from itertools import compress
from pathlib import Path

import msgspec

from libs.telemetry.local import Part
from qiao.traces.chunks import Head, heads_in, unpack
from qiao.traces.file import BUSY, VERSION

MAX_PARTS = 500
"""Of one trace with all that it led to. A caller may send one trace id for ever."""


class TracesUnreadable(Exception):
    """No traces are there, or none that this version can read. The message says what to do."""


class TraceFile:
    """Made by `open_traces`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Reads only."""
        self._connection = connection

    def parts_of(self, trace: str) -> list[Part]:
        """What is kept of one trace, at most MAX_PARTS, the oldest first. Raises TracesUnreadable."""
        return self._parts(trace, lambda head: head.trace == trace)

    def handlers_of(self, trace: str) -> list[Part]:
        """The parts that handled events which this trace sent. They belong to traces of their own."""
        return self._parts(trace, lambda head: trace in head.links)

    def slowest(self, count: int, route: str = "") -> list[str]:
        """The traces of the slowest requests, each once; `route` is a part of `GET /v1/home` or the like."""
        took: dict[str, int] = {}
        with _translated():
            for (text,) in self._connection.execute("SELECT heads FROM chunks"):
                for head in heads_in(text):
                    if head.kind == "server" and route in head.name:
                        took[head.trace] = max(head.took, took.get(head.trace, 0))
        return nlargest(count, took, key=took.__getitem__)

    def _parts(self, trace: str, wanted: Callable[[Head], bool]) -> list[Part]:
        found = list[Part]()
        with _translated():
            holding = "SELECT heads, body FROM chunks WHERE instr(heads, ?) ORDER BY id"
            for text, body in self._connection.execute(holding, (trace,)):
                chosen = [wanted(head) for head in heads_in(text)]
                found += compress(unpack(body), chosen) if any(chosen) else ()
                if len(found) >= MAX_PARTS:
                    break
        return found[:MAX_PARTS]


@contextmanager
def open_traces(path: Path) -> Iterator[TraceFile]:
    """The file, for reading only. Raises TracesUnreadable."""
    if not path.exists():
        raise TracesUnreadable(
            f"{path}: no traces are kept there. `qiao up` keeps them, unless QIAO_TRACES=off or a collector gets them"
        )
    with _translated():
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY)
    try:
        with _translated():
            [version] = connection.execute("PRAGMA user_version").fetchone()
        if version != VERSION:
            raise TracesUnreadable(f"{path}: another version of Qiao kept these traces; `qiao up` begins them anew")
        yield TraceFile(connection)
    finally:
        connection.close()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, msgspec.MsgspecError, UnicodeDecodeError, zlib.error) as error:
        raise TracesUnreadable(f"these traces cannot be read: {error}") from error


def gather(file: TraceFile, trace: str) -> Sequence[Part]:
    """A trace with the parts that handled its events, and what those led to in turn; empty if nothing is kept."""
    parts, seen, waiting = list[Part](), {trace}, [trace]
    while waiting and len(parts) < MAX_PARTS:
        one = waiting.pop(0)
        parts += file.parts_of(one)
        others = dict.fromkeys(part.trace for part in file.handlers_of(one))
        waiting += [other for other in others if other not in seen]
        seen.update(others)
    return parts[:MAX_PARTS]
