"""Who is calling: bearer access tokens, JWT HS256, short-lived, with keys that can be rotated."""

import time
from collections.abc import Callable, Mapping
from typing import NamedTuple
from uuid import UUID

import jwt

from libs.http.kinds import SIGN_IN
from libs.http.problems import Problem, in_header
from libs.http.signing import one_spelling

LIFETIME = 15 * 60
ISSUER = "qiao"
AUDIENCE = "qiao-clients"
MIN_SECRET = 32
MAX_KNOWN = 10_000
"""Verified tokens kept in mind: some 5 MB."""

_ALGORITHM = "HS256"
_REQUIRED = ["sub", "exp", "iss", "aud"]


class _Known(NamedTuple):
    account: UUID
    until: int


class Tokens:
    """Issues and verifies access tokens."""

    def __init__(
        self, keys: Mapping[str, bytes], *, lifetime: int = LIFETIME, now: Callable[[], float] = time.time
    ) -> None:
        """`keys` by their `kid`: the last one signs, all of them verify. `lifetime` in seconds.

        Raises ValueError for no key, or one shorter than 32 bytes.
        """
        if not keys or any(len(secret) < MIN_SECRET for secret in keys.values()):
            raise ValueError(f"access tokens need at least one key, each of {MIN_SECRET} bytes or more")
        self._keys = dict(keys)
        self._kid = next(reversed(self._keys))
        self._now = now
        self._known: dict[str, _Known] = {}
        self.lifetime = lifetime
        """Seconds for which a new token holds."""

    def issue(self, account: UUID) -> str:
        """A token that says its bearer is `account`."""
        issued = int(self._now())
        claims = {"sub": str(account), "iss": ISSUER, "aud": AUDIENCE, "iat": issued, "exp": issued + self.lifetime}
        return jwt.encode(claims, self._keys[self._kid], _ALGORITHM, headers={"kid": self._kid})

    def verify(self, token: str) -> UUID:
        """The account of a token. Raises SIGN_IN, and nothing else, whatever the text."""
        known = self._known.get(token)
        if known is None:
            known = self._remember(token, self._verified(token))
        if known.until <= self._now():
            raise refused("The access token is past its time: refresh it.")
        return known.account

    def _remember(self, token: str, known: "_Known") -> "_Known":
        """A client sends one token many times, and checking it costs more than the rest of a request."""
        if len(self._known) >= MAX_KNOWN:
            del self._known[next(iter(self._known))]
        self._known[token] = known
        return known

    def _verified(self, token: str) -> "_Known":
        if not token.isascii() or not one_spelling(token.rpartition(".")[2].encode()):
            raise refused("The access token is not valid: sign in or refresh it.")
        try:
            kid = jwt.get_unverified_header(token).get("kid")
            claims = jwt.decode(
                token,
                self._keys.get(str(kid), b""),
                [_ALGORITHM],
                issuer=ISSUER,
                audience=AUDIENCE,
                options={"require": _REQUIRED, "verify_exp": False, "verify_iat": False},
            )
            return _Known(UUID(claims["sub"]), int(claims["exp"]))
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError, OverflowError) as error:
            raise refused("The access token is not valid: sign in or refresh it.") from error


def refused(message: str) -> Problem:
    """The refusal of a token, or of its absence, as RFC 6750 wants it said."""
    challenge = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
    return SIGN_IN(message, in_header("Authorization", message), headers=challenge)
