"""A file of chunks sealed under a passphrase, each bound to its place: what was cut off or changed does not open.

    Qiao-vault-1\\n | length, head | length, chunk | length, chunk | ...

Lengths are four bytes. A chunk is AES-256-GCM under a key that only this file has (scrypt of the passphrase with a salt
of the file's own), the nonce its number, bound to the head; the last one says so in its first byte. All of it blocks.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from libs.events.passphrases import SALT_BYTES, Stretch

MAGIC = b"Qiao-vault-1\n"
MOST = 64 << 20
"""Bytes of a chunk."""
_GOES_ON, _LAST = b"\x00", b"\x01"


class NotABackup(ValueError):
    """The file is something else, was cut off or changed, or a newer Qiao wrote it. The message says which."""


class BackupLocked(ValueError):
    """The backup does not open under this passphrase."""


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What can be read of a backup without its passphrase."""

    id: UUID
    made_at: int
    """Milliseconds since 1970 UTC; what was acknowledged before it is in the backup."""
    salt: bytes
    n: int
    r: int
    p: int


def new_head(id_: UUID, made_at: int) -> Head:
    """For a file that begins."""
    return Head(id=id_, made_at=made_at, salt=os.urandom(SALT_BYTES), **Stretch()._asdict())


class Sealing:
    """Writes a file whose head is written already, chunk by chunk."""

    def __init__(self, file: BinaryIO, head: Head, passphrase: str) -> None:
        """Writes magic and head."""
        self._file, self._number = file, 0
        self._bound = msgspec.msgpack.encode(head)
        self._cipher = _cipher(head, passphrase)
        file.write(MAGIC)
        self._part(self._bound)

    def add(self, chunk: bytes, *, last: bool = False) -> None:
        """The next chunk. Raises OSError."""
        nonce, self._number = _nonce(self._number), self._number + 1
        self._part(self._cipher.encrypt(nonce, (_LAST if last else _GOES_ON) + chunk, self._bound))

    def _part(self, part: bytes) -> None:
        self._file.write(len(part).to_bytes(4) + part)


def read_head(path: Path) -> Head:
    """Raises NotABackup, OSError."""
    with path.open("rb") as file:
        return _head(path, file)[0]


def chunks(path: Path, passphrase: str) -> Iterator[bytes]:
    """Each chunk in turn. Raises BackupLocked, NotABackup, OSError, each when it gets there."""
    with path.open("rb") as file:
        head, bound = _head(path, file)
        try:
            cipher = _cipher(head, passphrase)
        except ValueError as error:
            raise NotABackup(f"{path}: {error}") from error
        number, last = 0, False
        while not last:
            opened = _opened(cipher, path, _part(path, file), number, bound)
            last, number = opened[:1] == _LAST, number + 1
            yield opened[1:]
        if file.read(1):
            raise NotABackup(f"{path} goes on behind its end")


def _opened(cipher: AESGCM, path: Path, part: bytes, number: int, bound: bytes) -> bytes:
    try:
        return cipher.decrypt(_nonce(number), part, bound)
    except InvalidTag:
        if number:
            raise NotABackup(f"{path} was changed: its part {number} does not open") from None
        raise BackupLocked(f"{path} does not open under this passphrase, or was changed") from None


def _head(path: Path, file: BinaryIO) -> tuple[Head, bytes]:
    if file.read(len(MAGIC)) != MAGIC:
        raise NotABackup(f"{path} is no backup of a vault that this Qiao can read")
    bound = _part(path, file)
    try:
        return msgspec.msgpack.decode(bound, type=Head), bound
    except msgspec.DecodeError as error:
        raise NotABackup(f"{path}: its head cannot be read: {error}") from error


def _part(path: Path, file: BinaryIO) -> bytes:
    length = int.from_bytes(file.read(4))
    part = file.read(length) if length <= MOST else b""
    if not length or len(part) != length:
        raise NotABackup(f"{path} was cut off or changed")
    return part


def _cipher(head: Head, passphrase: str) -> AESGCM:
    return AESGCM(Stretch(head.n, head.r, head.p).key(passphrase, head.salt))


def _nonce(number: int) -> bytes:
    return number.to_bytes(12)
