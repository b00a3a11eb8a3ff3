"""Whose keys would open what people wrote in some records."""

import re
from collections.abc import Iterable
from uuid import UUID

from libs.events import SealBroken, owner_of

_TOKEN = re.compile(rb'"(s1\.\w+\.[A-Za-z0-9_-]{24,})')


def owners_in(values: Iterable[bytes]) -> set[UUID]:
    """The accounts whose tokens stand in these JSON texts."""
    found: set[UUID] = set()
    for value in values:
        for token in _TOKEN.findall(value):
            try:
                found.add(owner_of(token.decode()))
            except SealBroken:
                continue  # nothing opens it
    return found
