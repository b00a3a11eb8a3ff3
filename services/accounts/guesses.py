"""Wrong passwords are counted by handle, so that guessing one from many addresses is slow, too.

Two counts, over 15 minutes: by handle and network, and by handle alone. Where the first is used up, that network waits.
Where the second is used up, only networks wait that have been wrong for this handle themselves: everyone else still
has a try. So an attacker, from however many networks, gets one guess per network then, and never keeps out a person who
comes from another network and types the right password. Sessions go on meanwhile.

A handle that nobody has is counted the same: it cannot be told from one that somebody has.
"""

from typing import NamedTuple

from limits import parse

from libs.http.kinds import TOO_MANY
from libs.http.windows import Counter

FROM_HERE = parse("10/15 minutes")
FROM_ANYWHERE = parse("100/15 minutes")


class Guesses:
    """This process's counts; they hold no more than a bounded number of handles and networks."""

    def __init__(self) -> None:
        """Nobody was wrong yet."""
        self._counter = Counter()

    def begin(self, handle: str, network: str) -> "Guess":
        """A try, counted as wrong before it is known, so that many at once count. Raises TOO_MANY, with Retry-After."""
        here = self._counter.used(FROM_HERE, handle, network)
        everywhere = self._counter.used(FROM_ANYWHERE, handle)
        if here >= FROM_HERE.amount or (here and everywhere >= FROM_ANYWHERE.amount):
            wait = self._counter.wait(FROM_HERE, handle, network)
            raise TOO_MANY(f"Too many wrong passwords: try again in {wait} s.", headers={"Retry-After": str(wait)})
        self._counter.count(FROM_HERE, handle, network)
        return Guess(self._counter, handle, network, counted=self._counter.count(FROM_ANYWHERE, handle))


class Guess(NamedTuple):
    """A try that counts as wrong, until it is known to be right or not to have been looked at."""

    counter: Counter
    handle: str
    network: str
    counted: bool
    """For the handle alone as well: beyond its bound nothing is counted, hence nothing taken back."""

    def right(self) -> None:
        """It was not wrong: this network begins anew."""
        self.counter.forget(FROM_HERE, self.handle, self.network)
        self._take_back()

    def not_known(self) -> None:
        """It was not looked at, neither right nor wrong."""
        self.counter.take_back(FROM_HERE, self.handle, self.network)
        self._take_back()

    def _take_back(self) -> None:
        if self.counted:
            self.counter.take_back(FROM_ANYWHERE, self.handle)
