"""What is kept of a trace: parts, each what one process did below one request or one batch of events."""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import msgspec

from libs.telemetry.spans import Value

SpanKind = Literal["server", "producer", "client", "consumer"]


class SpanRef(NamedTuple):
    """A span of whatever trace."""

    trace: str
    """32 hex digits."""
    span: str
    """16 hex digits."""


class KeptSpan(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One span that has ended."""

    id: str
    """16 hex digits."""
    parent: str = ""
    """The span that it is a part of, of the same trace; empty where it began the trace."""
    name: str
    kind: SpanKind
    began: int
    """Nanoseconds since 1970 UTC."""
    took: int
    """Nanoseconds."""
    attributes: Mapping[str, Value] = {}
    """By OpenTelemetry's names; `error.type` says that it failed."""
    links: tuple[SpanRef, ...] = ()
    """The spans that sent the events which it handles."""


class Part(NamedTuple):
    """The spans of one trace below one of them, which comes last; `more` were too many to keep."""

    trace: str
    service: str
    """Who did it: gateway, or the projection."""
    spans: Sequence[KeptSpan]
    more: int = 0

    @property
    def root(self) -> KeptSpan:
        """The span that holds the others."""
        return self.spans[-1]
