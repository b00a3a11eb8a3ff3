"""What tools show in place of a text that is sealed to them: as long as the text, and equal where the token is.

A slice that leaves without keys holds the tokens as the log does, byte for byte: so its tables can be compared with
live, and whoever is erased later is erased in it, too. Of the text a token tells only its length in UTF-8; that is what
a stand-in shows, made of the token by hash. A token is bound to its event: copies of an event, and every row that was
made of it, show the same stand-in, while two events that say the same show different ones.
"""

from hashlib import shake_128

from libs.events.base64url import from_base64url
from libs.events.sealing import SealBroken, owner_of

_HEAD_BYTES, _TAG_BYTES = 32, 16
_LETTERS = "bcdfghjklmnpqrstvwxz"
"""No vowels: a stand-in is no word of any language."""


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
