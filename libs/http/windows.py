"""Counting how often something happens, for limits. The counters are this process's own.

The arithmetic (sliding windows) is that of the library `limits`; its own memory storages walk over all keys with every
hit, so the counters are kept here.
"""

from collections import OrderedDict
from ipaddress import IPv6Address, ip_address
from math import ceil
from time import time

from limits import RateLimitItem
from limits.storage import Storage
from limits.storage.base import SlidingWindowCounterSupport
from limits.strategies import SlidingWindowCounterRateLimiter

MAX_KEYS = 100_000
_IPV6_NETWORK = 64


class Counter:
    """Counts by kind of limit and by who."""

    def __init__(self) -> None:
        """Nothing was counted."""
        self._limiter = SlidingWindowCounterRateLimiter(Windows())

    def count(self, limit: RateLimitItem, *who: str) -> bool:
        """One more of theirs; False, and not counted, where that is above the limit."""
        return self._limiter.hit(limit, *who)

    def used(self, limit: RateLimitItem, *who: str) -> int:
        """How much of the limit they have used."""
        return limit.amount - self._limiter.get_window_stats(limit, *who).remaining

    def wait(self, limit: RateLimitItem, *who: str) -> int:
        """Seconds until they may come again, at least 1."""
        return max(1, ceil(self._limiter.get_window_stats(limit, *who).reset_time - time()))

    def take_back(self, limit: RateLimitItem, *who: str) -> None:
        """One less of theirs."""
        self._limiter.hit(limit, *who, cost=-1)

    def forget(self, limit: RateLimitItem, *who: str) -> None:
        """None of theirs."""
        self._limiter.clear(limit, *who)


class Windows(Storage, SlidingWindowCounterSupport):
    """Counters of sliding windows, at most `MAX_KEYS`: the ones unused for longest are forgotten first."""

    STORAGE_SCHEME = None

    def __init__(self, max_keys: int = MAX_KEYS) -> None:
        """Empty."""
        super().__init__()
        self._max_keys = max_keys
        self._windows: OrderedDict[str, tuple[int, int, int]] = OrderedDict()

    def acquire_sliding_window_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count `amount` if that stays within `limit`; a negative one takes back what was counted."""
        now = time()
        number, before, during = self._at(key, expiry, now)
        left = 1 - (now / expiry) % 1
        if int(before * left + during) + amount > limit:
            return False
        self._windows[key] = (number, before, max(0, during + amount))
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


def network_of(address: str) -> str:
    """An IPv4 address, however it is written; of IPv6 the /64: whoever has one address there has them all."""
    if ":" not in address:
        return address
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return f"{int(parsed) >> (128 - _IPV6_NETWORK):x}::/{_IPV6_NETWORK}"
