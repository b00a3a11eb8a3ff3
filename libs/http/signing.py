"""Opaque signed tokens with a typed payload: what clients hand back and must not make up."""

import hmac
from collections.abc import Sequence
from typing import Generic, TypeVar

import itsdangerous
import msgspec
from itsdangerous.encoding import base64_decode, base64_encode

T = TypeVar("T")

MAX_LENGTH = 2_048
_DOT = b"."


class Tampered(Exception):
    """The token was not made here, was made for something else, or was changed."""


class Sealer(Generic[T]):
    """Signs payloads of one type. The payload is readable (MessagePack in base64url), but cannot be made up."""

    def __init__(self, secrets: Sequence[bytes], kind: type[T], purpose: str) -> None:
        """The last secret signs, all of them verify (rotation). `purpose` keeps kinds of token apart."""
        # Derived once for the purpose: deriving with every signature would double its cost.
        keys = [hmac.digest(secret, f"qiao:{purpose}".encode(), "sha256") for secret in secrets]
        # Named, not given as a function: only then hmac takes its fast way.
        self._signer = itsdangerous.Signer(keys, key_derivation="none", digest_method="sha256")
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(kind).decode

    def sign(self, payload: T, bound_to: str = "") -> str:
        """A token for `payload` that opens only with the same `bound_to`."""
        text = base64_encode(self._encode(payload))
        return (text + _DOT + self._signer.get_signature(_bound(text, bound_to))).decode()

    def open(self, token: str, bound_to: str = "") -> T:
        """The payload. Raises Tampered, and nothing else, for any other text."""
        if len(token) > MAX_LENGTH or not token.isascii():
            raise Tampered("this is no token of ours")
        text, _, signature = token.encode().partition(_DOT)
        if not one_spelling(signature) or not self._signer.verify_signature(_bound(text, bound_to), signature):
            raise Tampered("this token was changed or belongs to something else")
        try:
            return self._decode(base64_decode(text))
        except (itsdangerous.BadData, msgspec.DecodeError) as error:
            raise Tampered("this token is of an older form") from error


def one_spelling(encoded: bytes) -> bool:
    """Whether this is the base64url that we would write: decoders take others for the same bytes."""
    try:
        return base64_encode(base64_decode(encoded)) == encoded
    except itsdangerous.BadData:
        return False


def _bound(text: bytes, bound_to: str) -> bytes:
    """What is signed. The text is base64url, so that the dot ends it."""
    return text + _DOT + bound_to.encode("utf-8", "surrogatepass")
