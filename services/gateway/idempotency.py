"""Idempotency-Key: a retry of a POST creates the same things, because it gets the same ids."""

import re
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


class Record(msgspec.Struct, frozen=True):
    """What is kept under a key: the seed of all ids that the request creates, and what the request was."""

    seed: UUID
    request: bytes


_decode = msgspec.msgpack.Decoder(Record).decode
_encode = msgspec.msgpack.Encoder().encode


class Idempotency:
    """Remembers requests by who made them and their key."""

    def __init__(self, vault: Vault, secret: bytes) -> None:
        """`secret` keys the digests of requests: a body may hold a password."""
        self._vault = vault
        self._secret = blake2b(secret, person=b"qiao-idempotency").digest()

    async def seed(self, viewer: UUID | None, key: str, request: str, body: bytes) -> UUID:
        """The seed for a request (`request` is its method and path), the same one for each retry.

        Raises MALFORMED for a bad key, KEY_REUSED for one that another request has, VaultUnavailable.
        """
        if not _KEY.fullmatch(key):
            raise MALFORMED("", in_header(KEY_HEADER, "1 to 128 visible ASCII characters"))
        digest = self._digest(request, body)
        # Strangers share no name by which to keep their keys apart, so theirs count only together with the request.
        name = f"{viewer}:{key}" if viewer else f"-:{digest.hex()}:{key}"
        fresh = Record(new_id(), digest)
        kept = _decode((await self._keep(name, fresh)).value)
        if kept.request != digest:
            raise KEY_REUSED("Use a new key for a new request.", in_header(KEY_HEADER, "belongs to another request"))
        return kept.seed

    async def _keep(self, name: str, fresh: Record) -> Item:
        """What stands under the name: `fresh`, if nothing did."""
        value = _encode(fresh)
        while True:
            if kept := await self._vault.compare_and_set(KIND, name, None, value, ttl=LIFETIME):
                return kept
            if kept := await self._vault.get(KIND, name):
                return kept

    def _digest(self, request: str, body: bytes) -> bytes:
        return blake2b(request.encode() + b"\0" + body, key=self._secret, digest_size=20).digest()
