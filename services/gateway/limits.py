"""How often someone may come: per address and per account, stricter for sign-in and registration.

The arithmetic (sliding windows) is that of the library `limits`; its own memory storages walk over all keys with every
hit, so the counters are kept here. They are this process's own.
"""

from collections import OrderedDict
from ipaddress import IPv6Address, ip_address
from math import ceil
from time import time
from uuid import UUID

import msgspec
from limits import RateLimitItem, parse
from limits.storage import Storage
from limits.storage.base import SlidingWindowCounterSupport
from limits.strategies import SlidingWindowCounterRateLimiter

from libs.http.kinds import TOO_MANY
from libs.http.routes import Rate

MAX_KEYS = 100_000
_IPV6_NETWORK = 64


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
        self._limiter = SlidingWindowCounterRateLimiter(Windows())

    def count_address(self, address: str, rate: Rate) -> None:
        """One more request from there. Raises TOO_MANY, with Retry-After."""
        network = _network(address)
        self._count(self._address, "address", network)
        if rate is Rate.STRICT:
            self._count(self._strict, "strict", network)

    def count_account(self, account: UUID) -> None:
        """One more request of theirs. Raises TOO_MANY, with Retry-After."""
        self._count(self._account, "account", account.hex)

    def _count(self, item: RateLimitItem, what: str, who: str) -> None:
        if not self._limiter.hit(item, what, who):
            wait = max(1, ceil(self._limiter.get_window_stats(item, what, who).reset_time - time()))
            raise TOO_MANY(f"At most {item}: try again in {wait} s.", headers={"Retry-After": str(wait)})


class Windows(Storage, SlidingWindowCounterSupport):
    """Counters of sliding windows, at most `MAX_KEYS`: the ones unused for longest are forgotten first."""

    STORAGE_SCHEME = None

    def __init__(self, max_keys: int = MAX_KEYS) -> None:
        """Empty."""
        super().__init__()
        self._max_keys = max_keys
        self._windows: OrderedDict[str, tuple[int, int, int]] = OrderedDict()

    def acquire_sliding_window_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count `amount` if that stays within `limit`."""
        now = time()
        number, before, during = self._at(key, expiry, now)
        left = 1 - (now / expiry) % 1
        if int(before * left + during) + amount > limit:
            return False
        self._windows[key] = (number, before, during + amount)
        self._windows.move_to_end(key)
        if len(self._windows) > self._max_keys:
            self._windows.popitem(last=False)
        return True

    def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        """Count and seconds left of the window before, and of the one we are in."""
        now = time()
        _, before, during = self._at(key, expiry, now)
        left = (1 - (now / expiry) % 1) * expiry
        return before, left if before else 0.0, during, left + expiry

    def clear_sliding_window(self, key: str, expiry: int) -> None:
        """Forget one key."""
        self._windows.pop(key, None)

    def _at(self, key: str, expiry: int, now: float) -> tuple[int, int, int]:
        number = int(now / expiry)
        found, before, during = self._windows.get(key, (number, 0, 0))
        if found == number:
            return number, before, during
        return number, during if found == number - 1 else 0, 0

    @property
    def base_exceptions(self) -> type[Exception]:
        """What the storage itself may raise: nothing does."""
        return ValueError

    def check(self) -> bool:
        """Memory is always there."""
        return True

    def reset(self) -> int:
        """Forget everything."""
        count = len(self._windows)
        self._windows.clear()
        return count

    def clear(self, key: str) -> None:
        """Forget one key."""
        self._windows.pop(key, None)

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Fixed windows are not used."""
        raise NotImplementedError

    def get(self, key: str) -> int:
        """Fixed windows are not used."""
        raise NotImplementedError

    def get_expiry(self, key: str) -> float:
        """Fixed windows are not used."""
        raise NotImplementedError


def _network(address: str) -> str:
    """Of IPv6 the /64: whoever has one address there has them all."""
    if ":" not in address:
        return address
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return f"{int(parsed) >> (128 - _IPV6_NETWORK):x}::/{_IPV6_NETWORK}"
