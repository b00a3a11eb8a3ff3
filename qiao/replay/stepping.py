"""A replay that stops before chosen events, shows what they are about to do, and asks how to go on."""

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from libs.log import Log, Record
from libs.log.merging import Ordered, in_batches
from libs.projections.previewing import Preview
from libs.projections.replaying import BATCH, Replayer
from qiao.replay.expressions import Expression
from qiao.replay.running import Left, cut
from qiao.replay.until import Until

Stops = Callable[[Record], bool]
"""Whether to stop before a record."""


class Quit(Exception):
    """Enough was seen. What is folded stays folded: the same replay goes on from here."""


class Stop(NamedTuple):
    """Where a replay stands still."""

    record: Record
    previews: Sequence[Preview]
    failure: Exception | None
    """Of a handler: folded, the event will be parked."""


Ask = Callable[[Stop], Awaitable[Stops]]
"""Shows a stop and says where the next one is. Raises Quit."""


def everywhere(_: Record) -> bool:
    """Stop before the next one."""
    return True


def nowhere(_: Record) -> bool:
    """Do not stop again."""
    return False


def wherever(conditions: Sequence[Expression]) -> Stops:
    """Stop where one of them holds."""
    return lambda record: any(condition.holds_for(record) for condition in conditions)


class Stepper:
    """Folds one after the other, as far as nobody wants to look, in batches."""

    def __init__(
        self, replayer: Replayer, stops: Stops, ask: Ask, stopping: Callable[[], object] = lambda: None
    ) -> None:
        """`stops` until `ask` says otherwise. `stopping` is called before a stop cuts a batch in two."""
        self._replayer, self._stops, self._ask, self._stopping = replayer, stops, ask, stopping

    async def run(self, log: Log, left: Left, until: Until) -> int:
        """Fold what is left; the number of records that this was. Raises Quit, LogError, ViewsUnavailable."""
        records = 0
        async for batch in in_batches(cut(log, left, until), BATCH):
            await self._fold(batch)
            records += len(batch)
        return records

    async def _fold(self, batch: Sequence[Ordered]) -> None:
        waiting: list[Record] = []
        for each in batch:
            if self._stops(each.record):
                self._stopping()
                await self._replayer.fold(waiting)
                waiting = []
                self._stops = await self._ask(await self._stop(each.record))
            waiting.append(each.record)
        await self._replayer.fold(waiting)

    async def _stop(self, record: Record) -> Stop:
        try:
            return Stop(record, await self._replayer.preview(record), None)
        except Exception as error:  # noqa: BLE001 - whatever a handler raises is what one looks for here
            return Stop(record, (), error)
