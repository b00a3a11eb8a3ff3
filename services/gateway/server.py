"""Listening, and ending without losing a request."""

import asyncio
import logging
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial

import msgspec
from aiohttp import web

from libs.telemetry import metrics
from services.gateway.connection import Connection
from services.gateway.health import Lifecycle

SUPERVISED = "SUPERVISED_BY_QIAO"
"""Set by `supervise` in its children: their stdin closes when the parent is gone."""

KEEP_ALIVE = 75.0
MAX_HEADER = 8 * 1024
BACKLOG = 1024
_PUBLISH_EVERY = 1.0
_STDIN = 0
_SIGNALS = (signal.SIGTERM, signal.SIGINT)

log = logging.getLogger(__name__)


class Listening(msgspec.Struct, frozen=True, kw_only=True):
    """Where to listen, and how to end."""

    host: str = "127.0.0.1"
    port: int = 8080
    """0: any that is free."""
    shared: bool = False
    """Several processes share the port (SO_REUSEPORT)."""
    drain_delay: float = 0.0
    """Seconds between saying "not ready" and accepting nothing new: as long as the balancer takes to notice."""
    finish: float = 10.0
    """Seconds that requests in flight have to end by themselves, and again to be cancelled."""


class Server:
    """One listening gateway. `start`, and later `drain`."""

    def __init__(self, app: web.Application, lifecycle: Lifecycle, listening: Listening) -> None:
        """`lifecycle` is that of the app's parts."""
        self._lifecycle, self._listening = lifecycle, listening
        self._runner = web.AppRunner(app, shutdown_timeout=listening.finish)
        self._listener: asyncio.Server | None = None
        self._publishing: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Accept connections. Raises OSError where the address is taken or not ours."""
        listening, loop = self._listening, asyncio.get_running_loop()
        await self._runner.setup()
        self._listener = await loop.create_server(
            partial(_connection, self._runner.server, loop),
            listening.host,
            listening.port,
            reuse_port=listening.shared or None,
            backlog=BACKLOG,
        )
        self._publishing = asyncio.create_task(_publish(), name="publish gauges")

    @property
    def port(self) -> int:
        """Where it listens, once started."""
        if self._listener is None:
            raise RuntimeError("start it first")
        return int(self._listener.sockets[0].getsockname()[1])

    async def drain(self) -> None:
        """End: say so, wait for the balancer, accept nothing more, finish what is in flight. Safe to call twice."""
        if not self._lifecycle.draining:
            self._lifecycle.draining = True
            await asyncio.sleep(self._listening.drain_delay)
        if self._publishing is not None:
            self._publishing.cancel()
            with suppress(asyncio.CancelledError):
                await self._publishing
            self._publishing = None
        if self._listener is not None:
            self._listener.close()
        await self._runner.cleanup()


def _connection(server: web.Server | None, loop: asyncio.AbstractEventLoop) -> Connection:
    if server is None:
        raise RuntimeError("the runner was not set up")
    return Connection(
        server,
        loop=loop,
        access_log=None,  # type: ignore[arg-type]  # it may be None
        keepalive_timeout=KEEP_ALIVE,
        max_line_size=MAX_HEADER,
        max_field_size=MAX_HEADER,
        auto_decompress=False,
    )


async def _publish() -> None:
    while True:
        metrics.publish()
        await asyncio.sleep(_PUBLISH_EVERY)


@contextmanager
def stop_requested() -> Iterator[asyncio.Event]:
    """An event that is set by SIGTERM, by SIGINT, and when the parent of a supervised process is gone."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in _SIGNALS:
        loop.add_signal_handler(number, stop.set)
    if SUPERVISED in os.environ:
        loop.add_reader(_STDIN, _orphaned, loop, stop)
    try:
        yield stop
    finally:
        loop.remove_reader(_STDIN)
        for number in _SIGNALS:
            loop.remove_signal_handler(number)


def _orphaned(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    # The end of a pipe stays readable for ever: once is enough.
    loop.remove_reader(_STDIN)
    stop.set()
