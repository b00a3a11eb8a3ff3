"""How long after its append an event was folded, and by how many tries: only traces know, where they are kept.

The tables tell how far a projection is, not when it got there.
"""

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from libs.telemetry.local import Part
from qiao.journeys.shapes import Handled, Journey, Step
from qiao.places import parse_place

PARTITION = "messaging.destination.partition.id"

Handlers = Callable[[str], Sequence[Part]]
"""The parts that handled events which a trace sent."""


def timed(journey: Journey, handlers: Handlers) -> Journey:
    """The journey with what the traces add to it."""
    return replace(journey, steps=tuple(_timed(step, handlers) for step in journey.steps))


def _timed(step: Step, handlers: Handlers) -> Step:
    if not step.trace:
        return step
    place = parse_place(step.place)
    parts = [part for part in handlers(step.trace) if _is_of(part, place.topic, place.partition)]
    return replace(step, handled=tuple(_with_time(each, step, parts) for each in step.handled))


def _is_of(part: Part, topic: str, partition: int) -> bool:
    root = part.root
    return root.name == f"process {topic}" and str(root.attributes.get(PARTITION)) == str(partition)


def _with_time(handled: Handled, step: Step, parts: Sequence[Part]) -> Handled:
    """The last batch that held it is the one that got through."""
    ends = [part.root.began + part.root.took for part in parts if part.service == handled.projection]
    if not ends:
        return handled
    after = max(ends) // 1_000_000 - round(step.appended_at.timestamp() * 1000)
    return replace(handled, handled_ms=max(0, after), batches=len(ends))
