"""Reading all records around the ring of tokens: a page begins at the token at which the one before it ended."""

from typing import NamedTuple

import msgspec

from libs.cassandra.bridge import Rows
from libs.vault.port import Kept

FIRST_TOKEN = -(1 << 63)

_ROW = tuple[int, int | None, str, str, bytes, str, bool]
"""Token, seconds left, and the columns of a record."""


class Page(NamedTuple):
    """Records that no page before had, and the token of the last of them."""

    last: int
    records: tuple[Kept, ...]
    at_last: frozenset[tuple[str, str]] = frozenset()
    """Whose token that is: nearly always one record's. The next page begins with them again."""

    def following(self, rows: Rows, now: float) -> "Page":
        """The page after this one, of the rows from `last` on; without records where there are no more.

        `now` in seconds since 1970 UTC.
        """
        read = [msgspec.convert(row, _ROW) for row in rows]
        fresh = [row for row in read if row[0] != self.last or row[2:4] not in self.at_last]
        if not fresh:
            return Page(self.last, ())
        last = fresh[-1][0]
        return Page(
            last, tuple(_kept(row, now) for row in fresh), frozenset(row[2:4] for row in read if row[0] == last)
        )


def _kept(row: _ROW, now: float) -> Kept:
    _, left, kind, key, value, owner, confirmed = row
    return Kept(kind, key, value, owner, confirmed, None if left is None else now + left)
