"""The index of a capture with causes and effects: what every record of the log answers to and asks for.

A file beside the draft, `NAME.qiao.index`, small beside the log and gone in the end: a log in Kafka cannot be asked who
refers to whom, and its references do not fit into memory. Like the draft it goes on after any end. All of it blocks.
"""

import sqlite3
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from libs.log import Bounds, LogUnavailable, Partition, Place
from libs.log.slices.plan import Plan
from libs.log.stretches import Stretch
from libs.sqlite import connect
from qiao.capturing.matching import Selector
from qiao.capturing.names import caused_by, name, names_of, place_name
from qiao.capturing.references import references

_SCHEMA = """
CREATE TABLE IF NOT EXISTS places (topic TEXT, partition INTEGER, position INTEGER, PRIMARY KEY (topic, partition));
CREATE TABLE IF NOT EXISTS plan (id TEXT);
CREATE TABLE IF NOT EXISTS records (
    number INTEGER PRIMARY KEY, place INTEGER, offset INTEGER, seed INTEGER, event INTEGER, back BLOB, forward BLOB
);
CREATE TABLE IF NOT EXISTS answers (name INTEGER, record INTEGER);
CREATE TABLE IF NOT EXISTS homes (name INTEGER);
"""
_CACHE = 64 << 20
_ASKED = 500
"""Names looked up by one SELECT."""


class Links(NamedTuple):
    """A record, and the names that it asks for."""

    number: int
    back: Sequence[int]
    forward: Sequence[int]


class Index:
    """Of the log up to where a plan ends. One thread at a time; close it."""

    def __init__(self, path: Path, plan: Plan, ends: Mapping[Partition, int]) -> None:
        """An index of another plan is thrown away. Raises LogUnavailable."""
        self._path, self._matcher = path, Selector(plan.selection)
        self._readers, self._ends = frozenset(plan.selection.accounts), ends
        with translated(path):
            self._connection = self._open(plan)
            kept = self._connection.execute("SELECT rowid, topic, partition, position FROM places").fetchall()
            last = self._connection.execute("SELECT max(number) FROM records").fetchone()[0]
        self._places = {Partition(topic, number): row for row, topic, number, _ in kept}
        self._positions = {Partition(topic, number): position for _, topic, number, position in kept}
        self._last = last or 0

    def _open(self, plan: Plan) -> sqlite3.Connection:
        connection = _connect(self._path)
        kept = connection.execute("SELECT id FROM plan").fetchone()
        if kept is not None and kept[0] != str(plan.id):
            connection.close()
            remove_index(self._path)
            connection, kept = _connect(self._path), None
        if kept is None:
            with connection:
                connection.execute("BEGIN")
                connection.executemany("INSERT INTO places VALUES (?, ?, 0)", list(self._ends))
                connection.execute("INSERT INTO plan VALUES (?)", (str(plan.id),))
        return connection

    def left(self, bounds: Mapping[Partition, Bounds]) -> Mapping[Partition, Bounds]:
        """What of this has not been looked at yet."""
        return {place: each._replace(start=max(self._positions[place], each.start)) for place, each in bounds.items()}

    def add(self, stretch: Stretch) -> None:
        """Look into records, and remember that they were. Raises LogUnavailable."""
        rows: list[tuple[Any, ...]] = []
        homes: list[tuple[int]] = []
        answers, owners = array("q"), array("q")
        readers = self._readers
        for number, record in enumerate(stretch.records, self._last + 1):
            refs = references(record)
            names = names_of(refs)
            seed = self._matcher.matches(record)
            if readers and refs.data.target and refs.data.account in readers and record.topic == "relationships":
                homes.append((name("by", refs.data.target),))
            place = self._places[Partition(record.topic, record.partition)]
            rows.append((number, place, record.offset, seed, names.event, _packed(names.back), _packed(names.forward)))
            answers.extend(names.answers)
            owners.extend([number] * len(names.answers))
        self._write(rows, zip(answers, owners, strict=True), homes, stretch.positions)
        self._last += len(rows)
        self._positions |= stretch.positions

    def _write(
        self,
        rows: Sequence[tuple[Any, ...]],
        answers: Iterable[tuple[int, int]],
        homes: Sequence[tuple[int]],
        positions: Mapping[Partition, int],
    ) -> None:
        moved = [(position, self._places[place]) for place, position in positions.items()]
        with translated(self._path), self._connection:
            self._connection.execute("BEGIN")
            self._connection.executemany("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
            self._connection.executemany("INSERT INTO answers VALUES (?, ?)", answers)
            self._connection.executemany("INSERT INTO homes VALUES (?)", homes)
            self._connection.executemany("UPDATE places SET position = ? WHERE rowid = ?", moved)

    def seal(self) -> None:
        """All records are in: make them quick to find. Repeating does no harm."""
        with translated(self._path):
            self._connection.execute("CREATE INDEX IF NOT EXISTS by_name ON answers (name, record)")
            self._connection.execute("CREATE INDEX IF NOT EXISTS by_event ON records (event)")
            self._connection.execute("CREATE INDEX IF NOT EXISTS seeds ON records (number) WHERE seed")

    def seeds(self) -> list[int]:
        """The records that the selection names."""
        with translated(self._path):
            return [row[0] for row in self._connection.execute("SELECT number FROM records WHERE seed")]

    def homes(self) -> list[int]:
        """Names of what the homes of the accounts that were asked for are made of: the posts of whom they follow."""
        with translated(self._path):
            return [row[0] for row in self._connection.execute("SELECT DISTINCT name FROM homes")]

    def answering(self, names: Iterable[int]) -> set[int]:
        """The records that answer to any of these names."""
        asked = list(names)
        found = {record for [record] in self._select("SELECT record FROM answers WHERE name", asked)}
        return found | {record for [record] in self._select("SELECT number FROM records WHERE event", asked)}

    def asking(self, records: Iterable[int]) -> Iterator[Links]:
        """What these records ask for."""
        places = {row: place for place, row in self._places.items()}
        rows = self._select("SELECT number, place, offset, event, back, forward FROM records WHERE number", records)
        for number, place, offset, event, back, forward in rows:
            amended = place_name(Place(*places[place], offset))
            yield Links(number, [*_unpacked(back), amended], [*_unpacked(forward), caused_by(event)])

    def places_of(self, records: Iterable[int]) -> Mapping[Partition, Sequence[int]]:
        """Where these records are in the log: offsets by partition, rising."""
        named = {row: place for place, row in self._places.items()}
        found: dict[Partition, list[int]] = {place: [] for place in self._places}
        for place, offset in self._select("SELECT place, offset FROM records WHERE number", records):
            found[named[place]].append(offset)
        return {place: sorted(offsets) for place, offsets in found.items()}

    def _select(self, beginning: str, keys: Iterable[int]) -> Iterator[tuple[Any, ...]]:
        """Rows of a statement that goes on with `IN (keys)`."""
        left = iter(keys)
        with translated(self._path):
            while part := list(islice(left, _ASKED)):
                yield from self._connection.execute(f"{beginning} IN ({','.join(map(str, part))})")

    def close(self) -> None:
        """Leave it for another time. Safe to call twice."""
        self._connection.close()


def index_path(out: Path) -> Path:
    """Where the index for a capture into `out` is."""
    return out.with_name(out.name + ".index")


def _connect(path: Path) -> sqlite3.Connection:
    connection = connect(path, synchronous="NORMAL", cache_bytes=_CACHE)
    connection.executescript(f"BEGIN; {_SCHEMA} COMMIT")
    return connection


def remove_index(path: Path) -> None:
    """It has served, or is of another capture."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _packed(names: set[int]) -> bytes:
    return array("q", names).tobytes() if names else b""


def _unpacked(names: bytes) -> Sequence[int]:
    return array("q", names)


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """What the file or the disk has against it is LogUnavailable."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise LogUnavailable(f"{path}: {error}; run the same again to go on") from error
