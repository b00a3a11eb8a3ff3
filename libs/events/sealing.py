"""Sealing: personal fields are written down only under the key of the account they came from.

A token is text that can be opened anywhere, without its event:

    s1.<field>.<base64url, unpadded: owner account (16 bytes), event id (16 bytes), ciphertext>

`s1` is AES-256-SIV with the event id and the field name as associated data. SIV is deterministic, so a redelivered
event stays byte-identical, and whatever is changed in a token breaks it. `p1` is the plain form of `NoSealing`.
"""

from typing import ClassVar
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from libs.events.base64url import from_base64url, to_base64url

KEY_BYTES = 64
_ID_BYTES = 16
_HEAD_BYTES = 2 * _ID_BYTES
_OWNER_CHARACTERS = 24


class SealBroken(Exception):
    """A token that was changed, is none, or belongs to another key. Its text is lost to this reader."""


class SealingKey:
    """The key that seals what came from one account: 64 bytes, both halves of AES-256-SIV. Destroying it erases."""

    scheme: ClassVar[str] = "s1"

    def __init__(self, account: UUID, key: bytes) -> None:
        """Raises ValueError unless the key has 64 bytes."""
        if len(key) != KEY_BYTES:
            raise ValueError(f"a sealing key has {KEY_BYTES} bytes, this one {len(key)}")
        self.account = account
        self.account_bytes = account.bytes
        self._siv = AESSIV(key)

    @staticmethod
    def generate(account: UUID) -> tuple["SealingKey", bytes]:
        """A new key for an account, and its bytes for the vault."""
        # 512 bits make the two halves of AES-256-SIV.
        key = AESSIV.generate_key(512)
        return SealingKey(account, key), key

    def encrypt(self, text: bytes, event_id: bytes, field: bytes) -> bytes:
        """The ciphertext: 16 bytes longer than the text."""
        return self._siv.encrypt(text, [event_id, field])

    def decrypt(self, ciphertext: bytes, event_id: bytes, field: bytes) -> bytes:
        """The text. Raises SealBroken."""
        try:
            return self._siv.decrypt(ciphertext, [event_id, field])
        except InvalidTag:
            raise SealBroken(f"a sealed {field.decode()} of account {self.account} does not open") from None


class NoSealing(SealingKey):
    """Leaves the text readable, in a token form of its own: for benchmarks and lessons, never for people's data.

    It opens only what it wrote, and a real key never opens that: nothing falls back to it.
    """

    scheme = "p1"

    def __init__(self, account: UUID) -> None:
        self.account = account
        self.account_bytes = account.bytes

    def encrypt(self, text: bytes, event_id: bytes, field: bytes) -> bytes:
        """The text itself."""
        return text

    def decrypt(self, ciphertext: bytes, event_id: bytes, field: bytes) -> bytes:
        """The text itself."""
        return ciphertext


def seal(text: str, key: SealingKey, event_id: UUID, field: str) -> str:
    """The token of a personal field. The same arguments give the same token. `field` is an identifier.

    Raises UnicodeEncodeError for text with lone surrogates: UTF-8 has no place for them.
    """
    event = event_id.bytes
    ciphertext = key.encrypt(text.encode(), event, field.encode())
    return f"{key.scheme}.{field}.{to_base64url(key.account_bytes + event + ciphertext)}"


def owner_of(token: str) -> UUID:
    """The account whose key opens the token: what the token says, unproven until it opens. Raises SealBroken."""
    _, field, text = _split(token)
    # The first characters tell it: no need to decode a long text.
    head = _decode(text[:_OWNER_CHARACTERS], field)
    if len(head) < _ID_BYTES:
        raise SealBroken(f"a sealed {field} is cut off")
    return UUID(bytes=head[:_ID_BYTES])


def open_token(token: str, key: SealingKey) -> str:
    """The text of a token. Raises SealBroken for a token that was changed, or that this key did not seal."""
    scheme, field, text = _split(token)
    body = _decode(text, field)
    if scheme != key.scheme or body[:_ID_BYTES] != key.account_bytes or len(body) < _HEAD_BYTES:
        raise SealBroken(f"a sealed {scheme}.{field} is cut off or not of the key of account {key.account}")
    plain = key.decrypt(body[_HEAD_BYTES:], body[_ID_BYTES:_HEAD_BYTES], field.encode())
    try:
        return plain.decode()
    except UnicodeDecodeError:
        raise SealBroken(f"a sealed {field} of account {key.account} holds no text") from None


def _split(token: str) -> list[str]:
    parts = token.split(".")
    if len(parts) != 3 or not token.isascii():
        raise SealBroken("this is no sealed token: it has not the form scheme.field.body")
    return parts


def _decode(text: str, field: str) -> bytes:
    try:
        return from_base64url(text)
    except ValueError:
        raise SealBroken(f"a sealed {field} has a body that is no base64url") from None
