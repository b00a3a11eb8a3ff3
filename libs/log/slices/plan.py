"""What a capture set out to take, written down first: who runs it again goes on with just that."""

from collections.abc import Mapping
from typing import Literal
from uuid import UUID

import msgspec

from libs.log.port import Bounds, LogError, Partition
from libs.log.slices.manifest import Claim, Selection, TopicPart


class CaptureDiffers(LogError):
    """An unfinished capture of that name was begun with other arguments, or from another log."""


class Span(msgspec.Struct, frozen=True):
    """From where to where one partition is looked at; `end` is not in it."""

    topic: str
    number: int
    start: int
    end: int


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A capture: its selection, and where each partition began and ended as it was begun."""

    id: UUID
    taken_at: int
    source: Literal["embedded", "kafka", "slice"]
    origin: str = ""
    """The id of the slice that it is cut from, or what tells the log from any other."""
    arguments: tuple[str, ...]
    """What was asked for in the words of who asked: `-15m` is the same argument later, though another time."""
    selection: Selection
    with_keys: bool
    complete_for: tuple[Claim, ...]
    topics: Mapping[str, TopicPart]
    spans: tuple[Span, ...]

    @property
    def bounds(self) -> Mapping[Partition, Bounds]:
        """The spans by partition."""
        return {Partition(span.topic, span.number): Bounds(span.start, span.end) for span in self.spans}

    def check_same(self, other: "Plan") -> None:
        """Whether `other`, made from new arguments, may go on with this one. Raises CaptureDiffers naming what differs.

        The log may have grown meanwhile: the times and ends that were noted first stand.
        """
        for name in ("source", "arguments", "with_keys", "topics", "origin"):
            if getattr(self, name) != getattr(other, name):
                raise CaptureDiffers(f"it was begun with another {_NAMES[name]}")


_NAMES = {
    "source": "kind of log",
    "arguments": "selection",
    "with_keys": "--with-keys",
    "topics": "log",
    "origin": "log or slice",
}

encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(Plan).decode
