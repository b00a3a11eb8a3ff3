"""Several gateway processes on one port: a small parent that starts them, restarts them and passes signals on.

The kernel spreads connections over them (SO_REUSEPORT). They share nothing but the port and a directory of metrics, so
this is for settings where log, views and vault are servers.
"""

import asyncio
import logging
import os
import signal
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress

from prometheus_client.multiprocess import mark_process_dead

from libs.telemetry.exposition import SHARED_DIRECTORY
from services.gateway.server import SUPERVISED, stop_requested

QUICK_DEATH = 10.0
"""Seconds: who dies sooner is taken for one that cannot start."""
MAX_QUICK_DEATHS = 5
STOP_TIMEOUT = 30.0
"""Seconds that a child has to end, beside its drain delay: twice its `finish`, and some."""
_PAUSES = (0.0, 0.2, 0.5, 1.0, 2.0)

log = logging.getLogger(__name__)


class Supervisor:
    """Keeps a number of like processes running until it is told to stop."""

    def __init__(self, command: Sequence[str], processes: int, *, stop_timeout: float = STOP_TIMEOUT) -> None:
        """`command` starts one child. `stop_timeout`: seconds a child has to drain before it is killed."""
        self._command, self._number, self._stop_timeout = command, processes, stop_timeout
        self._children: dict[int, asyncio.subprocess.Process] = {}

    async def run(self) -> int:
        """Until SIGTERM or SIGINT, which go on to the children. The exit status: 1 if children cannot stay alive."""
        with tempfile.TemporaryDirectory(prefix="qiao-metrics-") as metrics, stop_requested() as stop:
            environment = {**os.environ, SUPERVISED: "1", SHARED_DIRECTORY: metrics}
            keepers = [asyncio.create_task(self._keep(slot, environment)) for slot in range(self._number)]
            stopping = asyncio.create_task(stop.wait())
            try:
                await asyncio.wait([stopping, *keepers], return_when=asyncio.FIRST_COMPLETED)
            finally:
                await _cancel([stopping, *keepers])
                await self._stop()
            return 0 if stop.is_set() else 1

    async def _keep(self, slot: int, environment: Mapping[str, str]) -> None:
        """Restart one child for as long as it lives a while each time."""
        loop, quick_deaths = asyncio.get_running_loop(), 0
        while quick_deaths < MAX_QUICK_DEATHS:
            await asyncio.sleep(_PAUSES[quick_deaths])
            began = loop.time()
            try:
                status = str(await self._live(slot, environment))
            except OSError as error:  # such as no room for one more process
                status = repr(error)
            quick_deaths = quick_deaths + 1 if loop.time() - began < QUICK_DEATH else 0
            log.error("a gateway process ended with %s; it is started again", status, extra={"slot": slot})
        log.critical("a gateway process ended %d times at once: giving up", quick_deaths)

    async def _live(self, slot: int, environment: Mapping[str, str]) -> int:
        child = await asyncio.create_subprocess_exec(
            *self._command, env=environment, stdin=asyncio.subprocess.PIPE, start_new_session=True
        )
        self._children[slot] = child
        status = await child.wait()
        _forget_metrics(child.pid, environment[SHARED_DIRECTORY])
        del self._children[slot]
        return status

    async def _stop(self) -> None:
        children = list(self._children.values())
        for child in children:
            with suppress(ProcessLookupError):
                child.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(self._stop_timeout):
                await asyncio.gather(*(child.wait() for child in children))
        except TimeoutError:
            log.error("some gateway processes did not end within %g s and are killed", self._stop_timeout)
            for child in children:
                with suppress(ProcessLookupError):
                    child.kill()
            await asyncio.gather(*(child.wait() for child in children))


def supervise(command: Sequence[str], processes: int, *, drain_delay: float = 0.0) -> int:
    """Run `processes` times `command` on one port until a signal comes. Returns the exit status.

    `drain_delay` is that of the children, in seconds.
    """
    return asyncio.run(Supervisor(command, processes, stop_timeout=drain_delay + STOP_TIMEOUT).run())


def _forget_metrics(pid: int, directory: str) -> None:
    """A dead process's gauges no longer hold; its counters still do."""
    mark_process_dead(pid, directory)  # type: ignore[no-untyped-call]


async def _cancel(tasks: Sequence[asyncio.Task[object]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
