"""Telling who waits how far something is: on a terminal, on standard error, and only once it has taken a while."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Protocol

from rich.console import Console

SILENT_SECONDS = 2.0


class Count(Protocol):
    """Called with how many more were done."""

    def __call__(self, more: int, /) -> object:
        """Cheap: it may be called for every batch."""


@contextmanager
def counting(doing: str, total: int | None = None) -> Iterator[Count]:
    """Show `doing` with a number that grows, of `total` where that is known."""
    with ExitStack() as stack:
        yield _Counter(doing, total, stack)


class _Counter:
    def __init__(self, doing: str, total: int | None, stack: ExitStack) -> None:
        self._doing, self._total, self._stack = doing, total, stack
        self._console = Console(stderr=True)
        self._status = self._console.status(doing)
        self._began, self._done, self._shown = time.monotonic(), 0, False

    def __call__(self, more: int, /) -> None:
        self._done += more
        if not self._console.is_terminal or time.monotonic() - self._began < SILENT_SECONDS:
            return
        if not self._shown:
            self._stack.enter_context(self._status)
            self._shown = True
        self._status.update(self._text())

    def _text(self) -> str:
        elapsed = time.monotonic() - self._began
        rate = self._done / elapsed
        if not self._total:
            return f"{self._doing}: {self._done:,} ({rate:,.0f}/s)"
        left = (self._total - self._done) / rate if rate else 0
        return f"{self._doing}: {self._done:,} of {self._total:,} ({rate:,.0f}/s, {left:.0f} s left)"
