"""Opening a slice: its manifest is read, and its records are held against the checksums."""

import hashlib
import sqlite3
import struct
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import msgspec

from libs.log.embedded import NotALog, open_log
from libs.log.embedded.schema import APPLICATION_ID
from libs.log.port import Log, LogError
from libs.log.slices import manifest as manifests
from libs.log.slices.checksums import START, chained
from libs.log.slices.manifest import Manifest, PartitionPart
from libs.sqlite import in_thread


class NotASlice(NotALog):
    """The file is something else, or a log that has no manifest."""


class SliceTooNew(LogError):
    """A newer Qiao wrote the slice."""


class SliceBroken(LogError):
    """The slice was cut off or changed since it was captured: the message names the partition."""


class Slice(NamedTuple):
    """An opened slice. Its log is for reading only; close it."""

    log: Log
    manifest: Manifest


class _Version(msgspec.Struct):
    version: int


_SELECT = (
    "SELECT offset, timestamp, key, value, headers FROM records "
    "JOIN topics ON topics.number = records.topic WHERE topics.name = ? AND partition = ? ORDER BY offset"
)


async def open_slice(path: Path, *, verify: bool = True) -> Slice:
    """Open the slice at `path`; looking at every record costs about 2 s for a million, which `verify=False` saves.

    Raises NotASlice, SliceTooNew, SliceBroken, LogUnavailable.
    """
    manifest = await in_thread(lambda: read_manifest(path, verify=verify))
    return Slice(await open_log(path, readonly=True), manifest)


def is_slice(path: Path) -> bool:
    """Whether the file has a manifest: a log has none. Blocks shortly. Raises NotASlice for a file that is no log."""
    connection = _connect(path)
    try:
        return _has_table(connection)
    except sqlite3.DatabaseError as error:
        raise SliceBroken(f"{path} cannot be read, perhaps it was cut off: {error}") from error
    finally:
        connection.close()


def read_manifest(path: Path, *, verify: bool) -> Manifest:
    """The manifest, held against the records if `verify`. Blocks. Raises NotASlice, SliceTooNew, SliceBroken."""
    connection = _connect(path)
    try:
        manifest = _manifest(connection, path)
        if verify:
            _verify(connection, manifest, path)
        return manifest
    finally:
        connection.close()


def read_entry(path: Path, name: str) -> bytes | None:
    """One entry of the table `slice`; None where there is none. Blocks. Raises NotASlice, SliceBroken."""
    connection = _connect(path)
    try:
        return _entry(connection, name)
    except sqlite3.DatabaseError as error:
        raise SliceBroken(f"{path}: {name} cannot be read: {error}") from error
    finally:
        connection.close()


def _connect(path: Path) -> sqlite3.Connection:
    if not path.is_file():
        raise NotASlice(f"{path} does not exist")
    connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, isolation_level=None)
    try:
        # Else SQLite refuses a file that was cut off as a whole; this way it reads as far as it goes.
        connection.execute("PRAGMA writable_schema = ON")
        if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            raise NotASlice(f"{path} is no slice and no log of Qiao")
    except sqlite3.DatabaseError as error:
        connection.close()
        raise NotASlice(f"{path} is no slice: {error}") from error
    except NotASlice:
        connection.close()
        raise
    return connection


def _has_table(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'slice'").fetchone() is not None


def _entry(connection: sqlite3.Connection, name: str) -> bytes | None:
    row = connection.execute("SELECT value FROM slice WHERE name = ?", (name,)).fetchone()
    if row is None:
        return None
    return row[0] if isinstance(row[0], bytes) else str(row[0]).encode()


def _manifest(connection: sqlite3.Connection, path: Path) -> Manifest:
    try:
        if not _has_table(connection):
            raise NotASlice(f"{path} is a log, but no slice: it has no manifest (qiao capture makes slices)")
        text, checksum = _entry(connection, "manifest"), _entry(connection, "checksum")
    except sqlite3.DatabaseError as error:
        raise SliceBroken(f"{path}: the manifest cannot be read, perhaps the file was cut off: {error}") from error
    if text is None:
        raise NotASlice(f"{path} is a capture that was not finished: run the same qiao capture again")
    if checksum != hashlib.sha256(text).digest():
        raise SliceBroken(f"{path}: the manifest was changed")
    try:
        version = msgspec.json.decode(text, type=_Version).version
        if version > manifests.VERSION:
            raise SliceTooNew(
                f"{path} is a slice of version {version}, this Qiao knows up to {manifests.VERSION}: upgrade it"
            )
        return manifests.decode(text)
    except msgspec.DecodeError as error:
        raise SliceBroken(f"{path}: the manifest cannot be read: {error}") from error


def _verify(connection: sqlite3.Connection, manifest: Manifest, path: Path) -> None:
    for part in manifest.partitions:
        try:
            found = _counted(connection, part)
        except (sqlite3.DatabaseError, TypeError, struct.error) as error:  # the latter where a value has another type
            raise _broken(path, part, f"cannot be read, perhaps the file was cut off: {error}") from error
        if found.records != part.count:
            raise _broken(path, part, f"has {found.records} records, not {part.count} as captured")
        if found.checksum.hex() != part.checksum:
            raise _broken(path, part, "was changed: its checksum is another")
    _check_total(connection, manifest, path)


def _check_total(connection: sqlite3.Connection, manifest: Manifest, path: Path) -> None:
    """No records beside those of the partitions that the manifest names."""
    total = connection.execute("SELECT count(*) FROM records").fetchone()[0]
    if total != manifest.count:
        raise SliceBroken(f"{path}: {total - manifest.count} records stand in partitions that the manifest has not")


class _Counted(NamedTuple):
    records: int
    checksum: bytes


def _counted(connection: sqlite3.Connection, part: PartitionPart) -> _Counted:
    count, checksum = 0, START
    for row in connection.execute(_SELECT, part.partition):
        checksum = chained(checksum, *row)
        count += 1
    return _Counted(count, checksum)


def _broken(path: Path, part: PartitionPart, what: str) -> SliceBroken:
    return SliceBroken(f"{path}: {part.topic}[{part.number}] {what}")
