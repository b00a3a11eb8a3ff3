"""How often someone may come: per address and per account, stricter for sign-in and registration."""

from uuid import UUID

import msgspec
from limits import RateLimitItem, parse

from libs.http.kinds import TOO_MANY
from libs.http.routes import Rate
from libs.http.windows import Counter


class LimitSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Each as `limits` reads it: "600/minute"."""

    per_address: str = "3000/minute"
    """All requests from one address (IPv6: one /64): many people may share it."""
    per_account: str = "1200/minute"
    strict_per_address: str = "60/minute"
    """Sign-ins and registrations from one address."""


class Limits:
    """Counts requests and refuses those above a limit."""

    def __init__(self, settings: LimitSettings) -> None:
        """Raises ValueError for a limit that cannot be read."""
        self._address = parse(settings.per_address)
        self._account = parse(settings.per_account)
        self._strict = parse(settings.strict_per_address)
        self._counter = Counter()

    def count_network(self, network: str, rate: Rate) -> None:
        """One more request from there (see `network_of`). Raises TOO_MANY, with Retry-After."""
        self._count(self._address, "address", network)
        if rate is Rate.STRICT:
            self._count(self._strict, "strict", network)

    def count_account(self, account: UUID) -> None:
        """One more request of theirs. Raises TOO_MANY, with Retry-After."""
        self._count(self._account, "account", account.hex)

    def _count(self, item: RateLimitItem, what: str, who: str) -> None:
        if not self._counter.count(item, what, who):
            wait = self._counter.wait(item, what, who)
            raise TOO_MANY(f"At most {item}: try again in {wait} s.", headers={"Retry-After": str(wait)})
