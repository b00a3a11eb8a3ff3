"""The bound on one record, the same in both twins."""

from libs.log.port import Entry

MAX_RECORD = 1 << 20
"""Bytes of key, value and headers."""


def check_size(entry: Entry) -> None:
    """Raises ValueError for an entry above the bound."""
    size = len(entry.key) + len(entry.value) + sum(len(name) + len(value) for name, value in entry.headers)
    if size > MAX_RECORD:
        raise ValueError(f"a record of {size} bytes for {entry.topic} is above the bound of {MAX_RECORD}")
