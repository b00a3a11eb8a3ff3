"""Which failures pass by themselves, and which are named."""

from collections.abc import Awaitable, Callable
from traceback import walk_tb
from typing import TypeVar

import stamina

from libs.log import LogUnavailable, UnknownTopic
from libs.telemetry import metrics
from libs.vault import VaultUnavailable
from libs.views import ViewsUnavailable

T = TypeVar("T")

FRAMES = 8

TRANSIENT = (LogUnavailable, UnknownTopic, ViewsUnavailable, VaultUnavailable, TimeoutError, ConnectionError)
"""Retried for ever: the store or broker is away, and nothing is wrong with the event."""


class ProjectionRefused(Exception):
    """The projection must not start: the log is not the one that its progress belongs to."""


class PartitionStopped(Exception):
    """Too many keys parked in a row: bad code must not drain a topic into the parking lot."""


class TooManyRepairs(Exception):
    """A tally was recounted as often as its stamp has revisions: wait for the partition's next event."""


def frames_of(error: BaseException) -> tuple[str, ...]:
    """The innermost calls that an error came through, outermost first, each as module.function:line.

    No paths, which differ by machine, and no values, which may be personal.
    """
    walked = list(walk_tb(error.__traceback__))
    # How often it was tried is nobody's question here.
    last_try = max((at for at, (frame, _) in enumerate(walked, 1) if frame.f_code is patiently.__code__), default=0)
    walked = walked[last_try:][-FRAMES:]
    return tuple(f"{frame.f_globals.get('__name__')}.{frame.f_code.co_qualname}:{line}" for frame, line in walked)


async def patiently(attempt: Callable[[], Awaitable[T]], what: str, on_trouble: Callable[[str | None], None]) -> T:
    """Retry transient failures for ever, with capped exponential backoff and jitter; others are raised.

    `what` names the work in the count of retries. `on_trouble` is told the failure each time, and None once it is over.
    """
    async for retry in stamina.retry_context(
        on=TRANSIENT, attempts=None, timeout=None, wait_initial=0.05, wait_max=5.0, wait_jitter=0.1
    ):
        with retry:
            try:
                result = await attempt()
            except TRANSIENT as error:
                metrics.retried(what, type(error).__name__)
                on_trouble(repr(error))
                raise
    on_trouble(None)
    return result
