"""A look at the vault's records without opening the vault: for tools that must not write beside what they look at."""

import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from libs.vault.sqlite import statements

BUSY_WAIT = 1.0
"""Seconds to wait for a process that writes."""


def peek(path: Path, kind: str) -> Mapping[str, bytes]:
    """The values of the live records of one kind, by key; none where there is no such file. Raises sqlite3.Error."""
    if not path.exists():
        return {}
    with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=BUSY_WAIT)) as connection:
        rows = connection.execute(statements.OF_KIND, {"kind": kind, "now": time.time()})
        return {key: bytes(value) for key, value in rows}
