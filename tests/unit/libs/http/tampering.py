"""Ways to tamper with a token."""

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.="


def spelled_otherwise(token: str) -> str:
    """The token with its last character replaced by one that loose decoders take for the same bits.

    32 bytes are 42 characters of base64 and 4 bits: the last character has two bits to spare.
    """
    last = _ALPHABET.index(token[-1])
    return token[:-1] + _ALPHABET[last ^ 1]


@st.composite
def tampered(draw: DrawFn, token: str) -> str:
    """The token with one character replaced, taken out or put in, or cut at some point."""
    at = draw(st.integers(0, len(token) - 1))
    char = draw(st.sampled_from(_ALPHABET))
    how = draw(st.sampled_from(["replace", "remove", "insert", "cut"]))
    changed = {
        "replace": token[:at] + char + token[at + 1 :],
        "remove": token[:at] + token[at + 1 :],
        "insert": token[:at] + char + token[at:],
        "cut": token[:at],
    }[how]
    return changed if changed != token else token[:-1]
