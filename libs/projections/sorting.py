"""Which records of a batch are folded, which queue behind a parked event of their key, which are passed over."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from libs.events import Decoded, UnknownType, decode
from libs.log import Record
from libs.projections.batch import Item
from libs.projections.parking import ParkingLot
from libs.projections.projection import Projection
from libs.projections.tables import ParkedState
from libs.views import Put, stamp


class Sorted(NamedTuple):
    """The records of a batch by what becomes of them. Records that the projection does not handle are in none."""

    items: list[Item]
    queued: dict[Record, Put]
    """Those that queue from now on, with the row that says so."""
    unknown: int
    """How many have a type that this program does not know."""


def decode_record(record: Record) -> Decoded | UnknownType:
    """The event of a record. Raises Undecodable."""
    return decode(record.headers, record.value)


def sort(
    projection: Projection,
    lot: ParkingLot,
    records: Sequence[Record],
    decoded_of: Callable[[Record], Decoded | UnknownType] = decode_record,
) -> Sorted:
    """Sort records that follow each other. Raises Undecodable for one that cannot be read: it is parked."""
    items: list[Item] = []
    queued: dict[Record, Put] = {}
    unknown = 0
    for record in records:
        key = key_of(record)
        waiting = lot.waiting.get(key)
        if waiting is None:
            decoded = decoded_of(record)
            if not isinstance(decoded, Decoded):
                unknown += 1
            elif (item := _item(projection, lot.epoch, record, decoded)) is not None:
                items.append(item)
        elif record.offset not in waiting:
            queued[record] = lot.put(key, record.offset, ParkedState(state="queued", event_type=type_of(record)))
    return Sorted(items, queued, unknown)


def item_of(projection: Projection, epoch: int, record: Record, revision: int = 0) -> Item | None:
    """One record with its handler; None for what the projection does not handle. Raises Undecodable.

    `revision` ranks what it writes above what the same event wrote before, from 0 to 255.
    """
    decoded = decode_record(record)
    item = _item(projection, epoch, record, decoded) if isinstance(decoded, Decoded) else None
    return item and item._replace(at=stamp(epoch, record.offset, revision))


def key_of(record: Record) -> str:
    """The key under which a record parks and queues."""
    return record.key.decode(errors="replace")


def type_of(record: Record) -> str:
    """The event type that the record claims, readable or not; empty if it claims none."""
    return header(record, "ce_type") or ""


def header(record: Record, name: str) -> str | None:
    """The text of one header, read without trusting the rest of the record."""
    return next((value.decode(errors="replace") for key, value in record.headers if key == name), None)


def _item(projection: Projection, epoch: int, record: Record, decoded: Decoded) -> Item | None:
    event = decoded.event
    handler = projection.handlers.get(type(event))
    if handler is None:
        return None
    meta = decoded.meta(record.topic, record.partition, record.offset, record.timestamp)
    needs = handler.needs(event, meta) if handler.needs is not None else ()
    return Item(event, meta, stamp(epoch, record.offset), handler, needs)
