"""Noticing what another process writes to the file."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable

LOOK_EVERY = 0.05

_log = logging.getLogger(__name__)


class Watch:
    """Looks at SQLite's data version, which changes with every commit of another connection. Owns a task."""

    def __init__(self, connection: sqlite3.Connection, on_change: Callable[[], None]) -> None:
        """`on_change` is called on the event loop after every change, soon."""
        self._connection, self._on_change = connection, on_change
        self._seen = -1
        self._task = asyncio.create_task(self._run(), name="watch the log file")

    @property
    def running(self) -> bool:
        """Whether changes are noticed."""
        return not self._task.done()

    async def close(self) -> None:
        """Stop looking. Safe to call twice."""
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _run(self) -> None:
        while True:
            try:
                self._look()
            except sqlite3.Error as error:
                _log.warning("cannot see whether the log has grown, trying again: %r", error)
            await asyncio.sleep(LOOK_EVERY)

    def _look(self) -> None:
        [version] = self._connection.execute("PRAGMA data_version").fetchone()
        if version != self._seen:
            self._on_change()
            self._seen = version
