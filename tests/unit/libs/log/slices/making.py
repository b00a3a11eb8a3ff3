"""Slices for tests: few records in few partitions."""

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from libs.log import Partition, Record
from libs.log.slices import Claim, Selection, TopicPart
from libs.log.slices.draft import Draft
from libs.log.slices.plan import Plan, Span

PLACES = (Partition("posts", 0), Partition("posts", 1))


def record(number: int, offset: int, value: bytes = b"{}") -> Record:
    """One of topic posts; offsets are sparse as in a slice."""
    return Record("posts", number, offset, 1_000 + offset, b"key", value, (("ce_id", b"x"),))


RECORDS = [record(0, 3), record(0, 7), record(1, 20), record(1, 21, b"other")]


def plan(**changes: object) -> Plan:
    """Of both partitions, from a log of epoch 4."""
    fields: dict[str, object] = {
        "id": UUID(int=7),
        "taken_at": 5_000,
        "source": "kafka",
        "arguments": (),
        "selection": Selection(),
        "with_keys": False,
        "complete_for": (Claim(kind="everything"),),
        "topics": {"posts": TopicPart(id="abc", epoch=4, partitions=2)},
        "spans": tuple(Span(*place, 0, 100) for place in PLACES),
    }
    return Plan(**(fields | changes))  # type: ignore[arg-type]


def make(path: Path, records: Sequence[Record] = RECORDS) -> Path:
    """A finished slice."""
    draft = Draft(path, plan())
    draft.add(records, dict.fromkeys(PLACES, 100))
    draft.finish()
    return path
