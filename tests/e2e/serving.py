"""A gateway on a loop of its own, in a thread: for clients that block."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager

import uvloop

START_TIMEOUT = 60.0

Running = Callable[[], AbstractAsyncContextManager[str]]


@contextmanager
def in_thread(running: Running) -> Iterator[str]:
    """Enter `running()` on another loop for as long as the block lasts; yields the base address that it yields."""
    serving = _Serving(running)
    serving.thread.start()
    try:
        yield serving.entered()
    finally:
        serving.leave()


class _Serving:
    def __init__(self, running: Running) -> None:
        self.thread = threading.Thread(target=self._run, name="gateway")
        self._running = running
        self._ready = threading.Event()
        self._address: str | None = None
        self._error: BaseException | None = None

    def entered(self) -> str:
        """The address, once there is one. Raises what went wrong."""
        self._ready.wait(START_TIMEOUT)
        if self._address is None:
            raise RuntimeError("the gateway did not start") from self._error
        return self._address

    def leave(self) -> None:
        """End. Raises what went wrong meanwhile."""
        if self._address is not None and self.thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        self.thread.join()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            uvloop.run(self._serve())
        except BaseException as error:  # noqa: BLE001 - whatever it is, it belongs to the test's own thread
            self._error = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        async with self._running() as address:
            self._address = address
            self._ready.set()
            await self._stop.wait()
