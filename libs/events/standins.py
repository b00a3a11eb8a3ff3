"""What tools show in place of a text that is sealed to them: as long as the text, and equal where the token is.

A slice that leaves without keys holds the tokens as the log does, byte for byte: so its tables can be compared with
live, and whoever is erased later is erased in it, too. Of the text a token tells only its length in UTF-8; that is what
a stand-in shows, made of the token by hash. A token is bound to its event: copies of an event, and every row that was
made of it, show the same stand-in, while two events that say the same show different ones.
"""

import re
from hashlib import shake_128
from typing import Never
from uuid import UUID

import msgspec

from libs.events.base64url import from_base64url, to_base64url
from libs.events.sealing import NoSealing, SealBroken, SealingKey, open_token, owner_of

_HEAD_BYTES, _TAG_BYTES = 32, 16
_LETTERS = "bcdfghjklmnpqrstvwxz"
"""No vowels: a stand-in is no word of any language."""
_TOKEN = re.compile(r"\b[sp]1\.\w+\.[\w-]{43,}", re.ASCII)


def stand_in(token: str) -> str:
    """As many letters as the text has bytes in UTF-8, the same for the same token. Raises SealBroken for no token."""
    owner_of(token)
    try:
        body = from_base64url(token.rsplit(".", 1)[1])
    except ValueError:
        raise SealBroken("a sealed text has a body that is no base64url") from None
    length = len(body) - _HEAD_BYTES - (_TAG_BYTES if token.startswith("s1.") else 0)
    if length < 0:
        raise SealBroken("a sealed text is cut off")
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in shake_128(token.encode()).digest(length))


def with_stand_ins(text: str) -> str:
    """The same JSON, or other text, with a stand-in for every token in it; one that was never sealed is opened."""
    return _TOKEN.sub(_replaced, text)


class StandInKey(SealingKey):
    """The key of who has none: opened with it, a token gives its stand-in. It seals nothing."""

    def __init__(self, account: UUID) -> None:
        """Of whatever account."""
        self.account = account
        self.account_bytes = account.bytes

    def encrypt(self, text: bytes, event_id: bytes, field: bytes) -> Never:
        """Raises SealBroken."""
        raise SealBroken(f"nothing is sealed for {self.account} without a key")

    def decrypt(self, ciphertext: bytes, event_id: bytes, field: bytes) -> bytes:
        """The stand-in of the token that these are the parts of. Raises SealBroken."""
        body = to_base64url(self.account_bytes + event_id + ciphertext)
        return stand_in(f"{self.scheme}.{field.decode()}.{body}").encode()


def _replaced(found: re.Match[str]) -> str:
    try:
        if not found[0].startswith(NoSealing.scheme):
            return stand_in(found[0])
        text = open_token(found[0], NoSealing(owner_of(found[0])))
        return msgspec.json.encode(text).decode()[1:-1]
    except SealBroken:
        return found[0]
