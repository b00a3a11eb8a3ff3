"""`Qiao-Position`: where a write stands in the log, signed, so that a later read can wait for it (`Qiao-Wait-For`)."""

from collections.abc import Mapping, Sequence

from libs.http.kinds import MALFORMED
from libs.http.problems import in_header
from libs.http.signing import Sealer, Tampered
from libs.log import Partition, Place

POSITION_HEADER = "Qiao-Position"
WAIT_HEADER = "Qiao-Wait-For"
STALE_HEADER = "Qiao-Stale"

MAX_TOKENS = 8

Position = Mapping[Partition, int]
"""Per partition the highest offset that must have been folded."""


class Positions:
    """Signs and opens positions."""

    def __init__(self, secrets: Sequence[bytes]) -> None:
        """The last secret signs, all of them verify."""
        self._sealer = Sealer(secrets, list[Place], "position")

    def sign(self, places: Sequence[Place]) -> str:
        """The header value for these places: of each partition only the last counts."""
        last = _last(places)
        return self._sealer.sign([Place(topic, number, offset) for (topic, number), offset in last.items()])

    def open(self, header: str) -> Position:
        """What a `Qiao-Wait-For` asks for: one position, or a few with commas between.

        Raises MALFORMED, naming the header, for anything that was not signed here.
        """
        tokens = [token.strip() for token in header.split(",")]
        if len(tokens) > MAX_TOKENS:
            raise _refusal(f"at most {MAX_TOKENS} positions, with commas between")
        try:
            return _last([place for token in tokens for place in self._sealer.open(token)])
        except Tampered:
            raise _refusal("send back a Qiao-Position as you got it") from None


def _last(places: Sequence[Place]) -> dict[Partition, int]:
    last: dict[Partition, int] = {}
    for topic, number, offset in places:
        partition = Partition(topic, number)
        last[partition] = max(offset, last.get(partition, -1))
    return last


def _refusal(message: str) -> Exception:
    return MALFORMED("The position to wait for is not valid.", in_header(WAIT_HEADER, message))
