"""The manifest of a slice: from where and when its records are, and what they are complete for."""

from collections.abc import Mapping
from typing import Literal
from uuid import UUID

import msgspec

from libs.log.port import Partition

VERSION = 1
"""Of the slice's own table. A newer one is refused."""

Kind = Literal["everything", "topic", "account", "post", "correlation"]


class Selection(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was asked for. Kinds narrow each other, names of one kind add up; nothing named is everything."""

    since: int | None = None
    """The earliest log time, in milliseconds since 1970 UTC; None for the log's beginning."""
    until: int | None = None
    """The log time before which it ends; None for where the log ended as the capture began."""
    accounts: tuple[UUID, ...] = ()
    """Events by these accounts, or that name them."""
    posts: tuple[UUID, ...] = ()
    """Events about these posts, or in answer to them."""
    topics: tuple[str, ...] = ()
    """Events of these topics of the log."""
    correlations: tuple[UUID, ...] = ()
    """The stories that these events began."""
    closure: bool = False
    """Whether causes and effects are with them; causes are there from before `since`, too."""


class Claim(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that a slice has all events of, between the manifest's `since` and `until`."""

    kind: Kind
    name: str = ""
    """The topic, or the id of the account, post or story; empty for everything."""
    closure: bool = False
    """Whether its causes and effects are there as well, the causes from before `since`, too."""

    def __str__(self) -> str:
        """For people: `post 0190... with its causes and effects`."""
        named = f"{self.kind} {self.name}".strip()
        return f"{named} with its causes and effects" if self.closure else named


class TopicPart(msgspec.Struct, frozen=True, kw_only=True):
    """A topic of the slice."""

    id: str
    """The topic's id in the log that it was taken from."""
    epoch: int
    """Its epoch there: it leads every write stamp."""
    partitions: int


class PartitionPart(msgspec.Struct, frozen=True, kw_only=True):
    """What the slice has of one partition. `first` and `last` are None where that is nothing."""

    topic: str
    number: int
    start: int
    """The offset from which it was looked at: where the log began, or `since`."""
    end: int
    """The offset before which it was looked at, in the log that it was taken from."""
    first: int | None
    last: int | None
    count: int
    checksum: str
    """SHA-256 over the records, one after the other, in hexadecimal digits (see `checksums`)."""

    @property
    def partition(self) -> Partition:
        """As the port names it."""
        return Partition(self.topic, self.number)


class KeysGiven(msgspec.Struct, frozen=True, kw_only=True):
    """That keys were put into the slice: the record of it that stays with the slice."""

    by: str
    """The operator, as the system knows them."""
    at: int
    """Milliseconds since 1970 UTC."""
    accounts: int
    """How many accounts' keys there are."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a slice is. Written whole when the capture is done."""

    version: int
    id: UUID
    """Of this slice: two captures with the same arguments have different ones."""
    taken_at: int
    """When the capture began, in milliseconds since 1970 UTC."""
    source: Literal["embedded", "kafka", "slice"]
    """The kind of log that it was taken from."""
    selection: Selection
    complete_for: tuple[Claim, ...]
    """What the slice may be compared with live for: nothing else."""
    topics: Mapping[str, TopicPart]
    partitions: tuple[PartitionPart, ...]
    keys: KeysGiven | None = None
    """None where it left without keys: what people wrote stays sealed."""

    @property
    def epochs(self) -> Mapping[str, int]:
        """The epoch of each topic."""
        return {name: part.epoch for name, part in self.topics.items()}

    @property
    def count(self) -> int:
        """How many records there are."""
        return sum(part.count for part in self.partitions)

    def is_complete_for(self, kind: Kind, name: str = "") -> bool:
        """Whether everything about it is there, from the log's beginning on: what a comparison with live needs.

        `post` and `account` need a slice that was taken with its causes and effects, and nothing is all there in one
        that was taken from a time on. A slice of everything has
        everything of everyone.
        """
        if self.selection.since is None and Claim(kind="everything") in self.complete_for:
            return True
        return any(self._holds(claim) and (claim.kind, claim.name) == (kind, name) for claim in self.complete_for)

    def _holds(self, claim: Claim) -> bool:
        # Causes are there from before `since`, but not what else was done before it.
        return self.selection.since is None and (claim.closure or claim.kind == "topic")


encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(Manifest).decode
