"""W3C trace context as plain strings: what travels in HTTP and event headers, and what logs name.

Kept without OpenTelemetry, so that logs and events name their request even where no trace is exported.
"""

import re
from contextvars import ContextVar, Token
from itertools import count
from random import getrandbits
from typing import NamedTuple

_TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})")
_MAX_TRACESTATE = 512
_PROCESS = f"{getrandbits(64) | 1:016x}"
_numbers = count(getrandbits(62) | 1)


class TraceContext(NamedTuple):
    """A span as others see it."""

    trace_id: str
    """32 hex digits."""
    span_id: str
    """16 hex digits."""
    flags: str = "00"
    """2 hex digits; the last bit says that the span is recorded."""
    tracestate: str | None = None

    @property
    def traceparent(self) -> str:
        """As the header of that name says it."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"


_current: ContextVar[TraceContext | None] = ContextVar("qiao_trace", default=None)


def parse(traceparent: str | None, tracestate: str | None = None) -> TraceContext | None:
    """The context in these headers; None for none, or one that W3C calls invalid. Never raises."""
    match = _TRACEPARENT.fullmatch(traceparent) if traceparent else None
    if match is None:
        return None
    kept = tracestate if tracestate and len(tracestate) <= _MAX_TRACESTATE and tracestate.isascii() else None
    return TraceContext(match[1], match[2], match[3], kept)


def fresh() -> TraceContext:
    """A context of its own, for a request that brought none and is not recorded."""
    # Unique, not random: it is made for every request, and randomness would cost several times as much.
    number = fresh_span_id()
    return TraceContext(_PROCESS + number, number)


def fresh_span_id() -> str:
    """16 hex digits that this process has not used."""
    return f"{next(_numbers):016x}"


def current() -> TraceContext | None:
    """The span that we are in, recorded or not: what to send on in `traceparent` and `tracestate`."""
    return _current.get()


def current_trace_id() -> str:
    """The trace that we are in, as 32 hex digits; empty outside of any."""
    context = _current.get()
    return context.trace_id if context else ""


def enter(context: TraceContext) -> Token[TraceContext | None]:
    """From here on we are in this span."""
    return _current.set(context)


def leave(token: Token[TraceContext | None]) -> None:
    """We are back where we were when `enter` gave this token."""
    _current.reset(token)
