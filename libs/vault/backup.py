"""Backups of a vault: every record into one sealed file, and from there into an empty vault again.

A backup is whole or not there. Restoring goes on where it was cut off, and nothing starts on a vault that is restored
in part. What ended since, by its own time, does not come back; what was deleted since does: destroyed keys, too.
"""

import asyncio
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from uuid import uuid4

import msgspec

from libs.sqlite import in_thread, sync_directory
from libs.vault.keys import check_canary, is_canary
from libs.vault.port import Kept, Vault
from libs.vault.sealed import BackupLocked, Head, NotABackup, Sealing, chunks, new_head, read_head

__all__ = [
    "KIND",
    "BackupLocked",
    "NotABackup",
    "RestoreUnfinished",
    "Restored",
    "VaultInUse",
    "back_up",
    "check_whole",
    "restore",
]

CHUNK = 500
CHUNK_BYTES = 4 << 20
"""Records sealed together: so many, fewer where their values reach this."""
AT_ONCE = 64
"""Records written at a time: each is a light-weight transaction of its own."""

KIND = "restore"
_UNFINISHED = "unfinished"

_encode = msgspec.msgpack.Encoder().encode

Told = Callable[[int], object]
"""Called with how many records more are done."""


class VaultInUse(Exception):
    """The vault has records already: nothing is written over that nobody asked to lose."""


class RestoreUnfinished(Exception):
    """The vault holds a part of a backup only."""


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a restore."""

    made_at: int
    """When the backup began, in milliseconds since 1970 UTC."""
    written: Mapping[str, int]
    """Records by kind."""
    left: Mapping[str, int]
    """Those that stood there already, whose time is over, or that were not wanted."""


async def check_whole(vault: Vault) -> None:
    """Raises RestoreUnfinished for a vault that was restored in part, VaultUnavailable."""
    if await vault.get(KIND, _UNFINISHED) is not None:
        raise RestoreUnfinished("the vault was restored in part: run the same `qiao vault restore` again")


async def back_up(vault: Vault, path: Path, passphrase: str, told: Told = lambda more: None) -> Mapping[str, int]:
    """Write all records to a new file; how many of each kind. A file of that name is left as it is.

    Raises FileExistsError, OSError, RestoreUnfinished, VaultUnavailable.
    """
    await check_whole(vault)
    counts = Counter[str]()
    draft = await in_thread(lambda: _Draft(path, passphrase))
    try:
        async for records in _gathered(vault.records()):
            await in_thread(partial(draft.add, records))
            counts.update(record.kind for record in records)
            told(len(records))
        await in_thread(draft.finish)
    finally:
        draft.close()
    return counts


class _Draft:
    """A backup until it is whole: `NAME.partial`, for its owner's eyes only. Blocks."""

    def __init__(self, path: Path, passphrase: str) -> None:
        """Raises FileExistsError, OSError. What is there of an earlier draft is begun anew."""
        if path.exists():
            raise FileExistsError(f"{path} is there already: a backup is never written over")
        self._path, self._partial = path, path.with_name(path.name + ".partial")
        self._file = os.fdopen(os.open(self._partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
        self._sealing = Sealing(self._file, new_head(uuid4(), time.time_ns() // 1_000_000), passphrase)

    def add(self, records: Sequence[Kept]) -> None:
        """Raises OSError."""
        self._sealing.add(_encode(records))

    def finish(self) -> None:
        """Give it its name, durably. Raises FileExistsError, OSError."""
        self._sealing.add(_encode([]), last=True)
        self._file.flush()
        os.fsync(self._file.fileno())
        os.link(self._partial, self._path)
        self._partial.unlink()
        sync_directory(self._path.parent)

    def close(self) -> None:
        """Leave no open file. Safe to call twice."""
        self._file.close()


async def restore(
    vault: Vault,
    path: Path,
    passphrase: str,
    master_key: bytes,
    *,
    over: bool = False,
    without: Collection[str] = (),
    told: Told = lambda more: None,
) -> Restored:
    """Write the records of a backup into the vault, which must be empty: once, or going on with what was cut off.

    With `over` it may be in use: what the backup has replaces what stands there, what only the vault has stays.
    `without` are kinds that are left out. The whole file is looked at before anything is written. Raises VaultInUse,
    BackupLocked, NotABackup, WrongMasterKey, OSError, VaultUnavailable.
    """
    head = await in_thread(lambda: _checked(path, passphrase, master_key))
    await vault.migrate()
    await _begin(vault, head, over=over)
    written, left = Counter[str](), Counter[str]()
    reading = _records(path, passphrase)
    while records := await in_thread(lambda: list(islice(reading, AT_ONCE))):
        wanted = [record for record in records if record.kind not in without]
        done = await asyncio.gather(*(vault.bring_back(record, over=over) for record in wanted))
        written.update(record.kind for record, was in zip(wanted, done, strict=True) if was)
        left.update(record.kind for record in records)
        told(len(records))
    await vault.delete(KIND, _UNFINISHED)
    return Restored(made_at=head.made_at, written=written, left=left - written)


async def _begin(vault: Vault, head: Head, *, over: bool) -> None:
    """Note that this backup is being restored. Raises VaultInUse."""
    mark = str(head.id).encode()
    begun = await vault.get(KIND, _UNFINISHED)
    if begun is not None and begun.value == mark:
        return
    if not over:
        await _check_empty(vault)
    await vault.put(KIND, _UNFINISHED, mark)


async def _check_empty(vault: Vault) -> None:
    async for record in vault.records():
        raise VaultInUse(
            f"the vault is in use, it has a record of kind {record.kind}: restore before `qiao migrate` and anything "
            "else has used it, or say that what the backup has is to replace what is there"
        )


def _checked(path: Path, passphrase: str, master_key: bytes) -> Head:
    """The head of a backup that is whole and of this master key. Blocks. Raises as `restore` does."""
    for record in _records(path, passphrase):
        if is_canary(record.kind):
            check_canary(master_key, record.value)
    return read_head(path)


def _records(path: Path, passphrase: str) -> Iterator[Kept]:
    decoder = msgspec.msgpack.Decoder(list[Kept])
    for chunk in chunks(path, passphrase):
        try:
            yield from decoder.decode(chunk)
        except msgspec.DecodeError as error:
            raise NotABackup(f"{path}: a newer Qiao wrote it: {error}") from error


async def _gathered(records: AsyncIterator[Kept]) -> AsyncIterator[Sequence[Kept]]:
    some: list[Kept] = []
    size = 0
    async for record in records:
        some.append(record)
        size += len(record.value)
        if len(some) == CHUNK or size >= CHUNK_BYTES:
            yield some
            some, size = [], 0
    if some:
        yield some
