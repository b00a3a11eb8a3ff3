"""Base64 for texts that must have one spelling only: url-safe, without padding, strict."""

from binascii import a2b_base64, b2a_base64

_TO_URL = bytes.maketrans(b"+/", b"-_")
# What only the other alphabet has, and padding, turn into something that no alphabet has.
_FROM_URL = bytes.maketrans(b"-_+/=", b"+/!!!")


def to_base64url(data: bytes) -> str:
    """The text of the bytes."""
    return b2a_base64(data, newline=False).rstrip(b"=").translate(_TO_URL).decode()


def from_base64url(text: str) -> bytes:
    """The bytes of a text. Raises ValueError for any text that `to_base64url` does not make."""
    padded = text.encode("ascii").translate(_FROM_URL) + b"=" * (-len(text) % 4)
    data = a2b_base64(padded, strict_mode=True)
    # The last character may carry bits that no byte uses: they must be zero.
    rest = len(data) % 3
    if rest and to_base64url(data[-rest:]) != text[-rest - 1 :]:
        raise ValueError("the last character of a base64url text carries stray bits")
    return data
