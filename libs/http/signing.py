"""Opaque signed tokens with a typed payload: what clients hand back and must not make up."""

import hashlib
from collections.abc import Sequence
from typing import Generic, TypeVar

import itsdangerous
import msgspec
from itsdangerous.encoding import base64_decode, base64_encode

T = TypeVar("T")

MAX_LENGTH = 2_048


class Tampered(Exception):
    """The token was not made here, was made for something else, or was changed."""


class Sealer(Generic[T]):
    """Signs payloads of one type. The payload is readable (MessagePack in base64url), but cannot be made up."""

    def __init__(self, secrets: Sequence[bytes], kind: type[T], purpose: str) -> None:
        """The last secret signs, all of them verify (rotation). `purpose` keeps kinds of token apart."""
        self._secrets = list(secrets)
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(kind).decode
        self._purpose = purpose

    def sign(self, payload: T, bound_to: str = "") -> str:
        """A token for `payload` that opens only with the same `bound_to`."""
        return self._signer(bound_to).sign(base64_encode(self._encode(payload))).decode()

    def open(self, token: str, bound_to: str = "") -> T:
        """The payload. Raises Tampered, and nothing else, for any other text."""
        if len(token) > MAX_LENGTH or not token.isascii():
            raise Tampered("this is no token of ours")
        try:
            return self._decode(base64_decode(self._signer(bound_to).unsign(token)))
        except (itsdangerous.BadData, msgspec.DecodeError) as error:
            raise Tampered("this token was changed or belongs to something else") from error

    def _signer(self, bound_to: str) -> itsdangerous.Signer:
        salt = f"qiao:{self._purpose}:{bound_to}"
        return itsdangerous.Signer(self._secrets, salt, key_derivation="hmac", digest_method=hashlib.sha256)
