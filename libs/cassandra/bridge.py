"""From the driver's thread to the event loop: what completes together wakes the loop once."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Protocol

from libs.cassandra.errors import PASSING, unavailable

Rows = list[tuple[object, ...]]


class Response(Protocol):
    """What is used of the driver's ResponseFuture."""

    has_more_pages: bool

    def add_callbacks(self, callback: object, errback: object) -> None:
        """Called in the driver's thread, once for each page."""

    def start_fetching_next_page(self) -> None:
        """Ask for the page after the one that came."""


class _Pending:
    """One request on its way."""

    def __init__(self, bridge: "Bridge", response: Response, future: asyncio.Future[Rows]) -> None:
        self._bridge = bridge
        self._response = response
        self._future = future
        self._rows: Rows = []
        self._error: BaseException | None = None

    def succeeded(self, rows: Sequence[tuple[object, ...]] | None) -> None:
        """In the driver's thread."""
        if rows:
            self._rows.extend(rows)
        self._bridge.completed(self)

    def failed(self, error: BaseException) -> None:
        """In the driver's thread."""
        self._error = error
        self._bridge.completed(self)

    def settle(self) -> None:
        """On the event loop: answer, or go on to the next page."""
        if self._future.done():
            return
        if self._error is not None:
            self._future.set_exception(_in_our_words(self._error))
        elif self._response.has_more_pages:
            self._response.start_fetching_next_page()
        else:
            self._future.set_result(self._rows)


def _in_our_words(error: BaseException) -> BaseException:
    if not isinstance(error, PASSING):
        return error
    told = unavailable(error)
    told.__cause__ = error
    return told


class Bridge:
    """Makes the driver's responses awaitable on one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """`loop` is the one that awaits."""
        self._loop = loop
        self._completed: deque[_Pending] = deque()
        self._woken = False

    def future(self, response: Response) -> asyncio.Future[Rows]:
        """All rows of a response, page after page. Raises CassandraUnavailable, or what the server said."""
        future: asyncio.Future[Rows] = self._loop.create_future()
        pending = _Pending(self, response, future)
        response.add_callbacks(pending.succeeded, pending.failed)
        return future

    def completed(self, pending: _Pending) -> None:
        """In the driver's thread. The order matters: `_settle` clears the mark before it empties the queue."""
        self._completed.append(pending)
        if not self._woken:
            self._woken = True
            self._loop.call_soon_threadsafe(self._settle)

    def _settle(self) -> None:
        self._woken = False
        while self._completed:
            self._completed.popleft().settle()
