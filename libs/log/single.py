"""Reading one record."""

from libs.log.port import Log, Partition, Place, Record

TIMEOUT = 10.0


async def read_one(log: Log, place: Place) -> Record:
    """The record at this very place. Raises LookupError if there is none, LogUnavailable.

    Behind the end of the partition it waits for what may come: who does not know that the place is there asks for the
    bounds first.
    """
    partition = Partition(place.topic, place.partition)
    reader = await log.reader({partition: place.offset})
    try:
        records = (await reader.poll(1, TIMEOUT)).get(partition, ())
    finally:
        await reader.close()
    if not records or records[0].offset != place.offset:
        raise LookupError(f"no record at {place}")
    return records[0]
