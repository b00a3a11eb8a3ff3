"""SQLite's errors in the port's words."""

import sqlite3
from types import TracebackType
from typing import NoReturn

from libs.views.port import SchemaOutdated, ViewsUnavailable

_MISSING = ("no such table", "no such column", "has no column named")


def translated() -> "_Translated":
    """SQLite's errors and the file system's are ViewsUnavailable, a missing table or column is SchemaOutdated."""
    return _TRANSLATED


class _Translated:
    """No generator: that costs two microseconds more, as much as what a short read takes of SQLite."""

    def __enter__(self) -> None:
        """Nothing to begin."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if isinstance(error, (sqlite3.Error, OSError)):
            raise_translated(error)


def raise_translated(error: sqlite3.Error | OSError) -> NoReturn:
    """Raises what the port says for it."""
    if any(sign in str(error) for sign in _MISSING):
        raise SchemaOutdated(f"{error}: run `qiao migrate`") from error
    raise ViewsUnavailable(f"views.db: {error}") from error


_TRANSLATED = _Translated()
