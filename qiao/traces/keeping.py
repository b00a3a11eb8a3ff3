"""Writing parts of traces beside the platform: a thread of its own, in batches, and never in anybody's way."""

import logging
import sqlite3
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

import msgspec

from libs.telemetry import metrics
from libs.telemetry.local import Part
from qiao.traces.chunks import CHUNK_SPANS, chunks_of, pack, seq_of
from qiao.traces.file import TraceBounds, make_room, open_for_writing, trim

GATHER = 0.5
"""Seconds for which parts are gathered before they are written together."""
TIDY_EVERY = 600.0
"""Seconds after which what is too old goes even though nothing comes."""
MAX_WAITING = 10_000
"""Spans that wait to be written (about 7 MB); a part that would make more is dropped and counted."""
CLOSE_WITHIN = 5.0

_log = logging.getLogger(__name__)
_encode = msgspec.json.encode

_ADD_PARTS = """
INSERT INTO parts (seq, trace, kind, name, took)
SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
  json_extract(value, '$[3]'), json_extract(value, '$[4]') FROM json_each(?)"""
_ADD_LINKS = """
INSERT INTO links (seq, trace)
SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?)"""


class TraceKeeper:
    """Takes parts from one thread and writes them in another. Whatever goes wrong costs traces, never a request."""

    def __init__(self, path: Path, bounds: TraceBounds) -> None:
        """Starts the thread; the file is opened by the first part."""
        self._path, self._bounds = path, bounds
        self._waiting: deque[Part] = deque()
        self._taken = self._done = 0  # spans; each is counted by one thread alone
        self._connection: sqlite3.Connection | None = None
        self._complained = False
        self._wake, self._stop = Event(), Event()
        self._thread = Thread(target=self._run, name="traces", daemon=True)
        self._thread.start()

    def keep(self, part: Part) -> None:
        """Have it written within a second or so; at once where there is no room."""
        spans = len(part.spans)
        if self._taken - self._done + spans > MAX_WAITING or self._stop.is_set():
            metrics.spans_dropped("full", spans)
            return
        self._taken += spans
        self._waiting.append(part)
        if not self._wake.is_set():
            self._wake.set()

    def close(self) -> None:
        """Write what waits and end the thread, within some seconds. Blocks; safe to call twice."""
        self._stop.set()
        self._wake.set()
        self._thread.join(CLOSE_WITHIN)

    def _run(self) -> None:
        stopping = False
        while not stopping:
            self._wake.wait(TIDY_EVERY)
            stopping = self._stop.wait(GATHER)
            self._wake.clear()
            self._write([self._waiting.popleft() for _ in range(len(self._waiting))])
        if self._connection is not None:
            self._connection.close()

    def _write(self, parts: Sequence[Part]) -> None:
        """Never raises. A full disk or a broken file drops the batch; the next one is tried again."""
        spans = sum(len(part.spans) for part in parts)
        try:
            self._store(parts)
            self._complained = False
        except (sqlite3.Error, OSError, msgspec.MsgspecError, TypeError, ValueError) as error:
            metrics.spans_dropped("store", spans)
            self._complain(error)
        self._done += spans

    def _store(self, parts: Sequence[Part]) -> None:
        if self._connection is None:
            if not parts:
                return
            self._connection = open_for_writing(self._path)
        with _transaction(self._connection):
            # Small bounds want small chunks: a chunk goes as a whole.
            for chunk in chunks_of(parts, min(CHUNK_SPANS, max(1, self._bounds.parts // 10))):
                _insert(self._connection, chunk)
                make_room(self._connection, self._bounds)
            trim(self._connection, self._bounds)

    def _complain(self, error: Exception) -> None:
        """Once, until it works again: a full disk must not fill the logs, too."""
        if not self._complained:
            _log.warning("traces cannot be kept in %s: %s", self._path, error)
        self._complained = True


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):  # SQLite may have ended it by itself
            connection.execute("ROLLBACK")
        raise


def _insert(connection: sqlite3.Connection, chunk: Sequence[Part]) -> None:
    """One statement for each table, whatever the chunk holds (see `chunks`)."""
    newest = max(part.root.began for part in chunk)
    added = connection.execute("INSERT INTO chunks (newest, body) VALUES (?, ?)", (newest, pack(chunk)))
    seqs = [seq_of(added.lastrowid or 0, number) for number in range(len(chunk))]
    roots = [(part, part.root) for part in chunk]
    rows = [(seq, part.trace, root.kind, root.name, root.took) for seq, (part, root) in zip(seqs, roots, strict=True)]
    links = {(seq, link.trace) for seq, part in zip(seqs, chunk, strict=True) for link in part.root.links}
    connection.execute(_ADD_PARTS, (_encode(rows),))
    connection.execute(_ADD_LINKS, (_encode(links),))
