"""Writing a slice: records and how far they go are one transaction, so that a capture can end anywhere and go on.

The draft is `NAME.qiao.partial`; it gets its name when it is whole. All of it blocks: it runs in a thread.
"""

import hashlib
import os
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from libs.log.embedded import rows
from libs.log.embedded.schema import APPLICATION_ID, NotALog, open_for_writing
from libs.log.port import LogError, LogUnavailable, Partition, Record
from libs.log.slices import manifest as manifests
from libs.log.slices import plan as plans
from libs.log.slices.checksums import START, chained
from libs.log.slices.manifest import KeysGiven, Manifest, PartitionPart
from libs.log.slices.passphrase import seal_keys
from libs.log.slices.plan import CaptureDiffers, Plan
from libs.sqlite import sync_directory

_SCHEMA = """
CREATE TABLE IF NOT EXISTS slice (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS capturing (
    topic TEXT NOT NULL, partition INTEGER NOT NULL, position INTEGER NOT NULL,
    first INTEGER, last INTEGER, count INTEGER NOT NULL, checksum BLOB NOT NULL,
    PRIMARY KEY (topic, partition)
) WITHOUT ROWID;
"""
_KEEP = "INSERT OR REPLACE INTO capturing VALUES (?, ?, ?, ?, ?, ?, ?)"
_SET = "INSERT OR REPLACE INTO slice VALUES (?, ?)"


class State(NamedTuple):
    """How far a partition is."""

    position: int
    first: int | None = None
    last: int | None = None
    records: int = 0
    checksum: bytes = START


def partial_path(out: Path) -> Path:
    """Where the draft of `out` is."""
    return out.with_name(out.name + ".partial")


def tidy(out: Path) -> None:
    """A death just after the draft got its name leaves it under both."""
    draft = partial_path(out)
    if draft.exists() and draft.samefile(out):
        draft.unlink()


class Draft:
    """A slice that is being written, new or gone on with. One thread at a time; close it."""

    def __init__(self, out: Path, plan: Plan) -> None:
        """Raises CaptureDiffers, NotALog, LogUnavailable; LogError where `out` is there or another capture writes."""
        if out.exists():
            tidy(out)
            raise LogError(f"{out} is there already: a slice is never written over")
        self._out, self._path = out, partial_path(out)
        with _Translated(self._path):
            self._connection = _open(self._path)
            try:
                self._begin(plan)
            except BaseException:
                self._connection.close()
                raise

    def _begin(self, plan: Plan) -> None:
        self._connection.executescript(f"BEGIN EXCLUSIVE; {_SCHEMA} COMMIT")
        self.plan = self._agreed(plan)
        self._numbers = {name: topic.number for name, topic in rows.load_topics(self._connection).items()}
        self._states = {
            Partition(topic, number): State(*rest)
            for topic, number, *rest in self._connection.execute("SELECT * FROM capturing")
        }

    def _agreed(self, plan: Plan) -> Plan:
        row = self._connection.execute("SELECT value FROM slice WHERE name = 'plan'").fetchone()
        if row is None:
            self._first_time(plan)
            return plan
        kept = plans.decode(row[0])
        try:
            kept.check_same(plan)
        except CaptureDiffers as error:
            raise CaptureDiffers(f"{self._path} is unfinished, and {error}: repeat that, or remove the file") from None
        return kept

    def _first_time(self, plan: Plan) -> None:
        with self._connection:
            self._connection.execute("BEGIN")
            topics = [(name, part.id, part.partitions) for name, part in plan.topics.items()]
            self._connection.executemany("INSERT INTO topics (name, id, partitions) VALUES (?, ?, ?)", topics)
            states = [(*place, *State(each.start)) for place, each in plan.bounds.items()]
            self._connection.executemany(_KEEP, states)
            self._connection.execute(_SET, ("plan", plans.encode(plan)))

    @property
    def positions(self) -> Mapping[Partition, int]:
        """The offset from which each partition goes on."""
        return {place: state.position for place, state in self._states.items()}

    @property
    def count(self) -> int:
        """How many records there are by now."""
        return sum(state.records for state in self._states.values())

    def add(self, records: Sequence[Record], positions: Mapping[Partition, int]) -> None:
        """Write records, and that their partitions are done up to `positions`: both or none.

        Raises LogUnavailable where the disk is full or fails: the draft stays as it was.
        """
        states = dict(self._states)
        inserted = [self._row(record, states) for record in records]
        for place, position in positions.items():
            states[place] = states[place]._replace(position=position)
        with _Translated(self._path), self._connection:
            self._connection.execute("BEGIN")
            self._connection.executemany(rows.INSERT, inserted)
            touched = positions.keys() | {Partition(record.topic, record.partition) for record in records}
            self._connection.executemany(_KEEP, [(*place, *states[place]) for place in touched])
        self._states = states

    def _row(self, record: Record, states: dict[Partition, State]) -> rows.Row:
        place = Partition(record.topic, record.partition)
        state, headers = states[place], rows.encode_headers(record.headers)
        content = (record.offset, record.timestamp, record.key, record.value, headers)
        states[place] = State(
            position=record.offset + 1,
            first=record.offset if state.first is None else state.first,
            last=record.offset,
            records=state.records + 1,
            checksum=chained(state.checksum, *content),
        )
        return (self._numbers[record.topic], record.partition, *content)

    def values(self) -> Iterable[bytes]:
        """The values of all records, one after the other. Raises LogUnavailable."""
        with _Translated(self._path):
            for [value] in self._connection.execute("SELECT value FROM records"):
                yield value

    def finish(self, keys: Mapping[UUID, bytes] | None = None, passphrase: str = "", by: str = "") -> Manifest:
        """Write the manifest, put the keys in (if any) and give the file its name. Closes. Raises LogUnavailable."""
        given = None if keys is None else KeysGiven(by=by, at=self.plan.taken_at, accounts=len(keys))
        manifest = self._manifest(given)
        text = manifests.encode(manifest)
        entries = [("manifest", text), ("checksum", hashlib.sha256(text).digest())]
        if keys is not None:
            entries.append(("keys", seal_keys(keys, passphrase, manifest.id)))
        with _Translated(self._path):
            with self._connection:
                self._connection.execute("BEGIN")
                self._connection.executemany(_SET, entries)
            self.close()
            self._rename()
        return manifest

    def _manifest(self, keys: KeysGiven | None) -> Manifest:
        plan = self.plan
        return Manifest(
            version=manifests.VERSION,
            id=plan.id,
            taken_at=plan.taken_at,
            source=plan.source,
            selection=plan.selection,
            complete_for=plan.complete_for,
            topics=plan.topics,
            partitions=tuple(
                PartitionPart(
                    topic=span.topic,
                    number=span.number,
                    start=span.start,
                    end=span.end,
                    first=(state := self._states[Partition(span.topic, span.number)]).first,
                    last=state.last,
                    count=state.records,
                    checksum=state.checksum.hex(),
                )
                for span in plan.spans
            ),
            keys=keys,
        )

    def _rename(self) -> None:
        """Whole or not at all: the name is durable, too. Nobody's file is written over."""
        os.link(self._path, self._out)
        self._path.unlink()
        sync_directory(self._out.parent)

    def discard(self) -> None:
        """Give it up: nothing of it stays."""
        self.close()
        self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """Leave the draft for another time. Safe to call twice."""
        self._connection.close()


def _open(path: Path) -> sqlite3.Connection:
    """A connection that keeps all others out for as long as it is open."""
    if not path.exists() or path.stat().st_size == 0:
        open_for_writing(path).close()
    connection, application = _alone(path)
    if application == 0:
        # One that was killed as it made its tables left none. Whoever else the file may belong to, it is not changed.
        connection.close()
        open_for_writing(path).close()
        connection, application = _alone(path)
    if application != APPLICATION_ID:
        connection.close()
        raise NotALog(f"{path} is a SQLite file, but no capture of Qiao")
    return connection


def _alone(path: Path) -> tuple[sqlite3.Connection, int]:
    """And whose file it says it is."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=0.05)
    # Not even a read only one may look before: a capture that was killed left a journal, which is rolled back now.
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("PRAGMA journal_mode = DELETE")
    return connection, connection.execute("PRAGMA application_id").fetchone()[0]


class _Translated:
    """What the file or the disk has against it is LogUnavailable."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        """Nothing."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Raises LogUnavailable."""
        if isinstance(error, (sqlite3.Error, OSError)):
            busy = isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode == sqlite3.SQLITE_BUSY
            what = "another capture writes to it" if busy else f"{error}; run the same again to go on"
            raise LogUnavailable(f"{self._path}: {what}") from error
