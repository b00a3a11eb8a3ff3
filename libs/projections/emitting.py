"""The events that handlers emit: appended once per cause as far as marks can tell, and always as the same events."""

from collections.abc import Sequence
from uuid import UUID

from libs.events import derived_id, spec_of
from libs.log import Partition, Publisher
from libs.projections.batch import Emission
from libs.projections.progress import Marks
from libs.projections.projection import Projection
from libs.telemetry import spans
from libs.views import Put, Views


class Emitter:
    """Appends what one partition's events cause."""

    def __init__(
        self, projection: Projection, views: Views, publisher: Publisher, partition: Partition, epoch: int, emitted: int
    ) -> None:
        """`emitted` is the first offset whose events may not have been appended."""
        self._name, self._marks = projection.name, Marks(projection.name)
        self._views, self._publisher = views, publisher
        self._partition, self._epoch, self._emitted = partition, epoch, emitted

    async def emit(self, emissions: Sequence[Emission], end: int, queued: Sequence[Put]) -> None:
        """Append what was not appended before, then say so. A crash in between repeats it: same ids, same bytes.

        The events in `queued` have emitted nothing though they are below `end`: their rows are written before the mark
        is, so that none of them is ever folded with its events muted.
        """
        fresh = [emission for emission in emissions if emission.meta.offset >= self._emitted]
        if fresh:
            await self.append(fresh)
            await self._views.write(queued, [self._marks.put(self._partition, "emitted", end, self._epoch)])
            self._emitted = end

    async def append(self, emissions: Sequence[Emission]) -> None:
        """Append them whether or not they were before. They belong to the trace of their cause."""
        for emission in emissions:
            cause = emission.meta.envelope
            with spans.follow(cause.traceparent, cause.tracestate):
                await self._publisher.publish(
                    emission.event, id=self._id(emission), cause=cause, now=cause.time, actor=None
                )

    def _id(self, emission: Emission) -> UUID:
        """The same for every copy: from the cause, who emits, what, and which of several."""
        kind = spec_of(emission.event).type
        return derived_id(emission.meta.envelope.id, self._name, kind, str(emission.number))
