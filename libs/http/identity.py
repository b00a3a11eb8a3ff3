"""Who is calling: bearer access tokens, JWT HS256, short-lived, with keys that can be rotated."""

import time
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import jwt

from libs.http.kinds import SIGN_IN
from libs.http.problems import Problem, in_header

LIFETIME = 15 * 60
ISSUER = "qiao"
AUDIENCE = "qiao-clients"
MIN_SECRET = 32

_ALGORITHM = "HS256"
_REQUIRED = ["sub", "exp", "iss", "aud"]


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
        self.lifetime = lifetime
        """Seconds for which a new token holds."""

    def issue(self, account: UUID) -> str:
        """A token that says its bearer is `account`."""
        issued = int(self._now())
        claims = {"sub": str(account), "iss": ISSUER, "aud": AUDIENCE, "iat": issued, "exp": issued + self.lifetime}
        return jwt.encode(claims, self._keys[self._kid], _ALGORITHM, headers={"kid": self._kid})

    def verify(self, token: str) -> UUID:
        """The account of a token. Raises SIGN_IN, and nothing else, whatever the text."""
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
            return self._account(claims)
        except (jwt.PyJWTError, ValueError) as error:
            raise refused("The access token is not valid: sign in or refresh it.") from error

    def _account(self, claims: dict[str, Any]) -> UUID:
        if not isinstance(claims["exp"], int) or claims["exp"] <= self._now():
            raise refused("The access token is past its time: refresh it.")
        return UUID(claims["sub"])


def refused(message: str) -> Problem:
    """The refusal of a token, or of its absence, as RFC 6750 wants it said."""
    challenge = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
    return SIGN_IN(message, in_header("Authorization", message), headers=challenge)
