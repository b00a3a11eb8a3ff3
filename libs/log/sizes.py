"""The bound on one record, the same in both twins: what fits into one fits into the other."""

from libs.log.port import Entry

MAX_RECORD = 1 << 20
"""Bytes of key, value and headers."""


def check_size(entry: Entry) -> int:
    """The size of an entry, in bytes. Raises ValueError above the bound."""
    size = len(entry.key) + len(entry.value)
    for name, value in entry.headers:
        size += len(name.encode()) + len(value)
    if size > MAX_RECORD:
        raise ValueError(f"a record of {size} bytes for {entry.topic} is above the bound of {MAX_RECORD}")
    return size
