"""The keys that a slice may carry, sealed under a passphrase: without it, what people wrote stays sealed.

A slice that carries keys is outside of what erasure reaches: destroying a key in the vault leaves the copy here.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from libs.events import SealingKey
from libs.events.passphrases import SALT_BYTES, Stretch
from libs.log.port import LogError
from libs.log.slices.opening import SliceBroken, read_entry, read_manifest
from libs.sqlite import in_thread

_NONCE_BYTES = 12


class WrongPassphrase(LogError):
    """The slice's keys do not open under it."""


class _Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """The entry `keys` of a slice (MessagePack)."""

    n: int
    r: int
    p: int
    salt: bytes
    nonce: bytes
    keys: bytes


class SliceKeys:
    """The `Keys` of libs.events, from a slice."""

    def __init__(self, raw: Mapping[UUID, bytes]) -> None:
        """The keys by account."""
        self._raw = raw
        self._keys = {account: SealingKey(account, key) for account, key in raw.items()}

    async def key_for(self, account: UUID) -> SealingKey | None:
        """None for an account whose key is not in the slice."""
        return self._keys.get(account)

    async def keys_for(self, accounts: Iterable[UUID]) -> Mapping[UUID, SealingKey]:
        """Those that are there."""
        return {account: self._keys[account] for account in accounts if account in self._keys}

    async def raw_keys(self, accounts: Iterable[UUID]) -> Mapping[UUID, bytes]:
        """The bytes of those that are there: for another slice."""
        return {account: self._raw[account] for account in accounts if account in self._raw}


def seal_keys(keys: Mapping[UUID, bytes], passphrase: str, slice_id: UUID) -> bytes:
    """The entry `keys`: AES-256-GCM under scrypt of the passphrase, bound to the slice. Blocks for about 0.1 s."""
    salt, nonce, stretch = os.urandom(SALT_BYTES), os.urandom(_NONCE_BYTES), Stretch()
    text = msgspec.msgpack.encode({account.bytes: key for account, key in keys.items()})
    sealed = AESGCM(stretch.key(passphrase, salt)).encrypt(nonce, text, slice_id.bytes)
    return msgspec.msgpack.encode(_Sealed(**stretch._asdict(), salt=salt, nonce=nonce, keys=sealed))


async def open_keys(path: Path, passphrase: str) -> SliceKeys:
    """The keys of the slice at `path`. Raises WrongPassphrase, SliceBroken, NotASlice; LogError where it has none."""
    return SliceKeys(await in_thread(lambda: _read(path, passphrase)))


def _read(path: Path, passphrase: str) -> Mapping[UUID, bytes]:
    entry = read_entry(path, "keys")
    if entry is None:
        raise LogError(f"{path} was captured without keys: what people wrote stays sealed")
    slice_id = read_manifest(path, verify=False).id
    try:
        sealed = msgspec.msgpack.decode(entry, type=_Sealed)
    except msgspec.DecodeError as error:
        raise SliceBroken(f"{path}: the keys cannot be read: {error}") from error
    cipher = AESGCM(Stretch(sealed.n, sealed.r, sealed.p).key(passphrase, sealed.salt))
    try:
        text = cipher.decrypt(sealed.nonce, sealed.keys, slice_id.bytes)
    except InvalidTag:
        raise WrongPassphrase(f"{path}: the keys do not open under this passphrase") from None
    raw = msgspec.msgpack.decode(text, type=dict[bytes, bytes])
    return {UUID(bytes=account): key for account, key in raw.items()}
