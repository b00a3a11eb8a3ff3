"""SQLite's errors in the port's words."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from libs.views.port import SchemaOutdated, ViewsUnavailable

_MISSING = ("no such table", "no such column", "has no column named")


@contextmanager
def translated() -> Iterator[None]:
    """SQLite's errors and the file system's are ViewsUnavailable, a missing table or column is SchemaOutdated."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        if any(sign in str(error) for sign in _MISSING):
            raise SchemaOutdated(f"{error}: run `qiao migrate`") from error
        raise ViewsUnavailable(f"views.db: {error}") from error
