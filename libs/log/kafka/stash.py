"""Records that were fetched and not handed out yet: a poll takes only so many, and nothing of a paused partition."""

from collections.abc import Sequence

from libs.log.port import Partition, Record


class Stash:
    """At most what one fetch brought, for each partition."""

    def __init__(self) -> None:
        """Empty, nothing paused."""
        self.paused: set[Partition] = set()
        self._records: dict[Partition, Sequence[Record]] = {}

    def add(self, partition: Partition, records: Sequence[Record]) -> None:
        """Put them behind what is there."""
        self._records[partition] = [*self._records.get(partition, ()), *records]

    def take(self, max_records: int) -> dict[Partition, Sequence[Record]]:
        """Up to `max_records` of what is not paused. Who could not give all comes last next time."""
        found: dict[Partition, Sequence[Record]] = {}
        for partition in [partition for partition in self._records if partition not in self.paused]:
            if max_records <= 0:
                break
            records = self._records.pop(partition)
            found[partition] = records[:max_records]
            if len(records) > max_records:
                self._records[partition] = records[max_records:]
            max_records -= len(found[partition])
        return found

    def drop(self, partition: Partition) -> None:
        """Forget what is held of one partition."""
        self._records.pop(partition, None)

    def clear(self) -> None:
        """Forget every record; pauses stay."""
        self._records.clear()
