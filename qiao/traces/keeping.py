"""Writing parts of traces beside the platform: a thread of its own, in batches, and never in anybody's way."""

import logging
import sqlite3
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from threading import Event, Thread

import msgspec

from libs.telemetry import metrics
from libs.telemetry.local import Part
from qiao.traces.file import ChunkFile, TraceBounds, open_chunks

GATHER = 0.5
"""Seconds for which parts are gathered before they are written together."""
TIDY_EVERY = 600.0
"""Seconds after which what is too old goes, whether anything comes or not."""
MAX_WAITING = 10_000
"""Spans that wait to be written (about 7 MB); a part that would make more is dropped and counted."""
CLOSE_WITHIN = 5.0

_log = logging.getLogger(__name__)


class TraceKeeper:
    """Takes parts from one thread and writes them in another. Whatever goes wrong costs traces, never a request."""

    def __init__(self, path: Path, bounds: TraceBounds) -> None:
        """Starts the thread; the file is opened by the first part."""
        self._path, self._bounds = path, bounds
        self._waiting: deque[Part] = deque()
        self._taken = self._done = 0  # spans; each is counted by one thread alone
        self._file: ChunkFile | None = None
        self._tidy_at = 0.0
        self._complained = False
        self._wake, self._stop = Event(), Event()
        self._thread = Thread(target=self._run, name="traces", daemon=True)
        self._thread.start()

    def keep(self, part: Part) -> None:
        """Have it written within a second or so. It never waits: what there is no room for is dropped and counted."""
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
        self._let_go()

    def _write(self, parts: Sequence[Part]) -> None:
        """Never raises. A full disk or a broken file drops the batch; the next one is tried again."""
        spans = sum(len(part.spans) for part in parts)
        try:
            self._store(parts)
            self._complained = False
        except (sqlite3.Error, OSError, msgspec.MsgspecError, TypeError, ValueError) as error:
            metrics.spans_dropped("store", spans)
            self._complain(error)
            self._let_go()
        self._done += spans

    def _store(self, parts: Sequence[Part]) -> None:
        if self._file is None:
            if not parts:
                return
            self._file = open_chunks(self._path, self._bounds)
        if parts:
            self._file.add(parts)
        if time.monotonic() >= self._tidy_at:
            self._file.forget_before(time.time() - self._bounds.seconds)
            self._tidy_at = time.monotonic() + TIDY_EVERY

    def _complain(self, error: Exception) -> None:
        """Once, until it works again: a full disk must not fill the logs, too."""
        if not self._complained:
            _log.warning("traces cannot be kept in %s: %s", self._path, error)
        self._complained = True

    def _let_go(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file = None
