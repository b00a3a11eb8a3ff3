"""Waiting for a condition, in place of sleeping and hoping."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import Any

_PAUSE_SECONDS = 0.02


async def eventually(
    check: Callable[[], Any | Awaitable[Any]],
    timeout: float = 10.0,
) -> Any:
    """Calls `check`, plain or async, until it returns something true, and returns that.

    A failing `assert` inside `check` counts as "not yet"; any other error is the test's. After `timeout` seconds the
    test fails with what `check` last said.
    """
    deadline = time.monotonic() + timeout
    while True:
        result, failure = await _try(check)
        if failure is None and result:
            return result
        if time.monotonic() > deadline:
            said = f"it last failed with: {failure}" if failure else f"it last returned {result!r}"
            raise AssertionError(f"{_name(check)} did not hold within {timeout:g} s; {said}") from failure
        await asyncio.sleep(_PAUSE_SECONDS)


async def _try(check: Callable[[], Any | Awaitable[Any]]) -> tuple[Any, AssertionError | None]:
    try:
        result = check()
        return (await result if inspect.isawaitable(result) else result), None
    except AssertionError as failure:
        return None, failure


def _name(check: Callable[[], Any]) -> str:
    code = getattr(check, "__code__", None)
    where = f" ({code.co_filename}:{code.co_firstlineno})" if code else ""
    return getattr(check, "__qualname__", repr(check)) + where
