"""Finding what belongs together: the whole log is looked at once, then causes and effects are followed in the index."""

from collections.abc import Callable, Mapping
from pathlib import Path

from libs.log import Bounds, Partition
from libs.log.slices.plan import Plan
from libs.log.stretches import Wanted, stretches
from libs.sqlite import in_thread
from qiao.capturing.closure import closed
from qiao.capturing.index import Index
from qiao.capturing.steps import CaptureStep
from qiao.capturing.writing import Batcher
from qiao.sources import Source


async def find_closure(source: Source, plan: Plan, path: Path, told: Callable[[CaptureStep], object]) -> Wanted:
    """The places of everything that the selection names, with causes and effects. The index stays for another run.

    Raises LogUnavailable.
    """
    ends = {place: each.end for place, each in plan.bounds.items()}
    index = await in_thread(lambda: Index(path, plan, ends))
    try:
        await _look(source, index, plan.bounds, told)
        return await in_thread(lambda: _follow(index, told))
    finally:
        index.close()


async def _look(
    source: Source, index: Index, bounds: Mapping[Partition, Bounds], told: Callable[[CaptureStep], object]
) -> None:
    total = sum(each.end - each.start for each in bounds.values())

    def done() -> None:
        left = sum(each.end - each.start for each in index.left(bounds).values())
        told(CaptureStep("looking", total - left, total, 0))

    left = index.left(bounds)
    await Batcher(index.add, done).take_all(
        stretches(source.log, left), {place: each.start for place, each in left.items()}
    )


def _follow(index: Index, told: Callable[[CaptureStep], object]) -> Wanted:
    index.seal()
    found = closed(index, index.seeds(), index.homes(), lambda count: told(CaptureStep("following", 0, 0, count)))
    return index.places_of(found)
