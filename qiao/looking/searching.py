"""Going through a log once for what is wanted, from the oldest event to the newest."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence

from libs.log import Bounds, Log, Partition, Record
from libs.log.merging import in_canonical_order
from qiao.looking.wanted import Matcher, Wanted, narrowed, within_times

Tell = Callable[[int], object]
"""Told how many more records were looked at."""


async def search(
    log: Log, bounds: Mapping[Partition, Bounds], wanted: Wanted, tell: Tell
) -> AsyncIterator[Sequence[Record]]:
    """What is wanted within `bounds`, in the canonical order, stretch by stretch. The text is not looked at.

    Raises LogUnavailable, OffsetOutOfRange.
    """
    matcher = Matcher(wanted)
    where = await within_times(wanted, log, narrowed(wanted, bounds))
    async for stretch in in_canonical_order(log, where):
        tell(len(stretch))
        found = [each.record for each in stretch if matcher.matches(each.record)]
        if found:
            yield found
