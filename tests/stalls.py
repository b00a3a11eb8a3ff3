"""Finds callbacks that block the event loop: a blocking call or a long computation makes its test fail.

asyncio's own debug mode finds them too, but it slows every call_soon many times over, and it takes a busy machine for a
slow callback. Here the time that the thread waited for a processor is taken off, and so is the garbage collector's:
it grows with all that the tests before have left in the process. What computes is told sooner than what waits, for a
shared disk may make anybody wait for half a second.
"""

import asyncio
import gc
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

_WAITING_SECONDS = 0.9
_COMPUTING_SECONDS = 0.3
_BASELINE_AGE = 0.05
_SCHEDSTAT = Path("/proc/thread-self/schedstat")


class Watch:
    """Wraps `Handle._run`, which every callback and every step of every task goes through."""

    def __init__(self) -> None:
        self.stalls: list[str] = []
        self._run = asyncio.Handle._run
        self._baseline = (0.0, 0.0)
        self._collecting_since = self._collected = 0.0

    def collecting(self, phase: Literal["start", "stop"], _info: dict[str, int]) -> None:
        """For `gc.callbacks`: adds up what the collector takes."""
        if phase == "start":
            self._collecting_since = time.perf_counter()
        else:
            self._collected += time.perf_counter() - self._collecting_since

    def run(self, handle: asyncio.Handle) -> None:
        begin = time.perf_counter()
        if begin - self._baseline[0] > _BASELINE_AGE:
            self._baseline = (begin, _waited_for_processor())
        collected, computed = self._collected, time.thread_time()
        self._run(handle)
        collecting = self._collected - collected
        took = time.perf_counter() - begin - collecting
        if took > _COMPUTING_SECONDS:
            self._judge(handle, took, time.thread_time() - computed - collecting)

    def _judge(self, handle: asyncio.Handle, took: float, computed: float) -> None:
        # The wait since the baseline covers the wait within the callback: what is left was really spent here.
        blocked = took - (_waited_for_processor() - self._baseline[1])
        if computed > _COMPUTING_SECONDS or blocked > _WAITING_SECONDS:
            self.stalls.append(
                f"{handle!r} blocked the event loop for {blocked:.2f} s, {computed:.2f} s of it computing"
            )


def _waited_for_processor() -> float:
    """Seconds that this thread was runnable without running, since it began."""
    return int(_SCHEDSTAT.read_text().split()[1]) / 1e9


@pytest.fixture(autouse=True)
def no_stalls(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fails a test one of whose callbacks blocked the loop, unless it is marked `may_stall`."""
    if not _SCHEDSTAT.exists() or request.node.get_closest_marker("may_stall"):
        yield
        return
    watch = Watch()
    monkeypatch.setattr(asyncio.Handle, "_run", lambda handle: watch.run(handle))
    gc.callbacks.append(watch.collecting)
    yield
    gc.callbacks.remove(watch.collecting)
    if watch.stalls:
        pytest.fail("\n".join(watch.stalls))
