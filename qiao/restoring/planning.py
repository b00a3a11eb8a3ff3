"""What of a slice goes where, decided before anything is written.

A slice with all events of its time restores each to the offset that it had: decisions of operators name places, and
clients hold positions. So the slices of one log follow each other, the first from its beginning. Of another slice the
events are written one behind the other, at places of their own.
"""

from collections.abc import Mapping

import msgspec

from libs.log import Bounds, LogError, Partition
from libs.log.slices import Claim, Manifest
from libs.log.slices.manifest import PartitionPart


class RestoreRefused(LogError):
    """The slice does not fit into the log, or the log has something else. The message says what."""


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """A partition of the slice and its place in the log that is restored."""

    first: int
    """The offset there of the slice's first record; each further one has the next."""
    count: int
    """Records of the slice."""
    held: int
    """How many of them the log has, if it has the right ones: what to compare."""


def plan(manifest: Manifest, bounds: Mapping[Partition, Bounds], *, part: bool) -> Mapping[Partition, Span]:
    """Every partition's span; `bounds` are those of the log that is restored. Raises RestoreRefused.

    With `part` the slice need not be whole.
    """
    if not part:
        _check_whole(manifest)
    return {each.partition: _span(each, bounds[each.partition], part=part) for each in manifest.partitions}


def _check_whole(manifest: Manifest) -> None:
    if Claim(kind="everything") not in manifest.complete_for:
        raise RestoreRefused("the slice has not all events of its time: with --part it is restored all the same")
    for each in manifest.partitions:
        if each.first is not None and each.last is not None and each.last - each.first + 1 != each.count:
            raise RestoreRefused(
                f"{each.topic}[{each.number}] has gaps, so its events would get other places, and what operators "
                "decided about places would not be found again: with --part it is restored all the same"
            )


def _span(each: PartitionPart, there: Bounds, *, part: bool) -> Span:
    first = there.start if part or each.first is None else each.first
    if there.end < first:
        raise RestoreRefused(
            f"the slice begins with {each.topic}[{each.number}]@{first}, the log ends at {there.end}: restore the "
            "slice of the time before it first"
        )
    return Span(first=first, count=each.count, held=min(each.count, there.end - first))
