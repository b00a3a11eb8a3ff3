"""Reading what was kept, beside whoever writes it."""

import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from libs.telemetry.local import Part
from qiao.traces.chunks import chunk_of, number_of, unpack
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
        return self._parts("SELECT seq FROM parts WHERE trace = ? ORDER BY seq LIMIT ?", trace)

    def handlers_of(self, trace: str) -> list[Part]:
        """The parts that handled events which this trace sent. They belong to traces of their own."""
        return self._parts("SELECT seq FROM links WHERE trace = ? ORDER BY seq LIMIT ?", trace)

    def slowest(self, count: int, route: str = "") -> list[str]:
        """The traces of the slowest requests, each once; `route` is a part of `GET /v1/home` or the like."""
        chosen = """
            SELECT trace, max(took) FROM parts WHERE kind = 'server' AND instr(name, ?)
            GROUP BY trace ORDER BY max(took) DESC LIMIT ?"""
        with _translated():
            return [trace for trace, _ in self._connection.execute(chosen, (route, count))]

    def _parts(self, chosen: str, trace: str) -> list[Part]:
        with _translated():
            seqs = [seq for (seq,) in self._connection.execute(chosen, (trace, MAX_PARTS))]
            chunks = {number: self._chunk(number) for number in {chunk_of(seq) for seq in seqs}}
            # A chunk may have gone between the two looks.
            return [chunk[number_of(seq)] for seq in seqs if (chunk := chunks[chunk_of(seq)])]

    def _chunk(self, number: int) -> Sequence[Part]:
        found = self._connection.execute("SELECT body FROM chunks WHERE id = ?", (number,)).fetchone()
        return unpack(found[0]) if found else ()


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
