"""Alive, ready, draining: what the platform that runs us wants to know."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Protocol

import msgspec

from libs.telemetry import metrics

CHECK_TIMEOUT = 1.5
REMEMBER = 0.5

Check = Callable[[], Awaitable[str | None]]
"""Says what is wrong, or None while all is well."""


class Lifecycle:
    """Where the process is in its life."""

    def __init__(self) -> None:
        """It begins serving."""
        self.draining = False
        """It is about to end: no new work, please."""


class Finding(msgspec.Struct, frozen=True):
    """What one check found."""

    ok: bool
    problem: str = ""


class Readiness(msgspec.Struct, frozen=True):
    """What /readyz answers."""

    ready: bool
    draining: bool
    checks: Mapping[str, Finding]


class Health:
    """Runs the checks, at most twice a second however often it is asked."""

    def __init__(self, checks: Mapping[str, Check], lifecycle: Lifecycle) -> None:
        """`checks` by the name that the answer shows."""
        self._checks, self._lifecycle = dict(checks), lifecycle
        self._found: dict[str, Finding] = {}
        self._found_at = float("-inf")
        self._asking = asyncio.Lock()

    @property
    def names(self) -> Collection[str]:
        """What is checked."""
        return self._checks.keys()

    async def ready(self, exclude: Collection[str] = ()) -> Readiness:
        """The truth, at most half a second old. What is in `exclude` is told, but decides nothing. Never raises."""
        async with self._asking:
            now = asyncio.get_running_loop().time()
            if now - self._found_at > REMEMBER:
                self._found, self._found_at = await self._ask(), now
        draining = self._lifecycle.draining
        ready = all(found.ok for name, found in self._found.items() if name not in exclude)
        return Readiness(ready and not draining, draining, self._found)

    async def _ask(self) -> dict[str, Finding]:
        found = await asyncio.gather(*(_find(check) for check in self._checks.values()))
        for name, each in zip(self._checks, found, strict=True):
            metrics.checked(name, "passed" if each.ok else "failed")
        return dict(zip(self._checks, found, strict=True))


async def _find(check: Check) -> Finding:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT):
            problem = await check()
    except TimeoutError:
        return Finding(False, f"no answer within {CHECK_TIMEOUT} s")
    except Exception as error:  # noqa: BLE001 - a check that breaks is a finding, whatever it raises
        return Finding(False, repr(error))
    return Finding(problem is None, problem or "")


class Store(Protocol):
    """A log, views or vault."""

    async def healthy(self) -> bool:
        """Whether it answers now."""


def answers(store: Store) -> Check:
    """The check of a store."""

    async def check() -> str | None:
        return None if await store.healthy() else "does not answer"

    return check


def clock_agrees(skew_of_log: Callable[[], float], within: float = 1.0) -> Check:
    """The check of our clock against the log's; `skew_of_log` tells by how many seconds that one is ahead."""

    async def check() -> str | None:
        skew = skew_of_log()
        return None if abs(skew) <= within else f"our clock is {-skew:+.1f} s off the log's"

    return check
