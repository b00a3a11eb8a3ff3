"""Idempotency-Key: a retry of a POST makes the same things, because one record holds its ids, time and decision."""

import re
from collections.abc import Sequence
from hashlib import blake2b
from uuid import UUID

import msgspec

from libs.events import new_id
from libs.http.kinds import KEY_REUSED, MALFORMED
from libs.http.openapi.conventions import KEY_HEADER, KEY_PATTERN
from libs.http.problems import in_header
from libs.vault import Item, Vault

KIND = "idempotency"
LIFETIME = 24 * 3600.0

_KEY = re.compile(KEY_PATTERN)


class Record(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is kept under a key: the one source of what all tries of a request have in common."""

    seed: UUID
    """A UUIDv7: of all ids that the request creates, and its time."""
    request: bytes
    """A keyed digest of what the request was."""
    decision: bytes = b""
    """What the first try that decided has decided, in the form of its service; empty before."""


_decode = msgspec.msgpack.Decoder(Record).decode
_encode = msgspec.msgpack.Encoder().encode


class Remembered:
    """One request as its record knows it: `Tries` for its command."""

    def __init__(self, vault: Vault, name: str, item: Item) -> None:
        """`item` is what stands under `name`."""
        self._vault, self._name = vault, name
        self._version, self._record = item.version, _decode(item.value)

    @property
    def seed(self) -> UUID:
        """The same for each try."""
        return self._record.seed

    @property
    def request(self) -> bytes:
        """The digest."""
        return self._record.request

    @property
    def decision(self) -> bytes | None:
        """See `Tries`."""
        return self._record.decision or None

    async def latest(self) -> bytes | None:
        """See `Tries`."""
        kept = await self._vault.get(KIND, self._name)
        return (_decode(kept.value).decision or None) if kept else None

    async def decide(self, decision: bytes) -> bytes:
        """See `Tries`."""
        value = _encode(msgspec.structs.replace(self._record, decision=decision))
        if await self._vault.compare_and_set(KIND, self._name, self._version, value, ttl=LIFETIME):
            return decision
        # Gone is a record whose day has passed: then nobody else decided.
        return await self.latest() or decision


class Idempotency:
    """Remembers requests by who made them and their key."""

    def __init__(self, vault: Vault, *secrets: bytes) -> None:
        """`secrets` key the digests of requests: a body may hold a password. The last, the newest, keys new ones.

        Under the others a request is known that was first tried before the secret was changed. At least one.
        """
        self._vault = vault
        self._secrets = [blake2b(secret, person=b"qiao-idempotency").digest() for secret in reversed(secrets)]

    async def remember(self, viewer: UUID | None, key: str, request: str, body: bytes) -> Remembered:
        """The record of a request (`request` is its method and path), the same one for each retry.

        Raises MALFORMED for a bad key, KEY_REUSED for one that another request has, VaultUnavailable.
        """
        if not _KEY.fullmatch(key):
            raise MALFORMED("", in_header(KEY_HEADER, "1 to 128 visible ASCII characters"))
        digests = [_digest(secret, request, body) for secret in self._secrets]
        if viewer is None:
            return await self._remember_stranger(key, digests)
        name = f"{viewer}:{key}"
        remembered = Remembered(self._vault, name, await self._keep(name, Record(new_id(), digests[0])))
        if remembered.request not in digests:
            raise KEY_REUSED("Use a new key for a new request.", in_header(KEY_HEADER, "belongs to another request"))
        return remembered

    async def _remember_stranger(self, key: str, digests: Sequence[bytes]) -> Remembered:
        """Strangers share no name by which to keep their keys apart, so theirs count only together with the request."""
        newest, *older = [f"-:{digest.hex()}:{key}" for digest in digests]
        for name in older:
            if kept := await self._vault.get(KIND, name):
                return Remembered(self._vault, name, kept)
        return Remembered(self._vault, newest, await self._keep(newest, Record(new_id(), digests[0])))

    async def _keep(self, name: str, fresh: Record) -> Item:
        """What stands under the name: `fresh`, if nothing did."""
        value = _encode(fresh)
        while True:
            if kept := await self._vault.compare_and_set(KIND, name, None, value, ttl=LIFETIME):
                return kept
            if kept := await self._vault.get(KIND, name):
                return kept


def _digest(secret: bytes, request: str, body: bytes) -> bytes:
    return blake2b(request.encode() + b"\0" + body, key=secret, digest_size=20).digest()
