"""Opening a database file the one way that every store here opens it."""

import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Literal

OWNER_ONLY = 0o600


def connect(
    path: Path,
    *,
    synchronous: Literal["NORMAL", "FULL"],
    busy_timeout: float = 0.05,
    cache_bytes: int = 16 << 20,
) -> sqlite3.Connection:
    """A connection in WAL mode whose transactions are begun by hand. Creates the file, readable by its owner only.

    `busy_timeout` (seconds) is how long a statement blocks its thread for another writer: keep it short on the
    event loop. Raises sqlite3.Error.
    """
    _make_for_owner(path)
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, timeout=busy_timeout, cached_statements=512
    )
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    connection.execute(f"PRAGMA cache_size = -{cache_bytes >> 10}")
    return connection


def _make_for_owner(path: Path) -> None:
    """A file that exists is not opened: closing it would end the locks that this process has on it.

    POSIX locks belong to the process, not to the descriptor. Without them another process that closes the database
    takes itself for the last one and removes the write-ahead log, and what we write from then on is lost.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, OWNER_ONLY))
    path.chmod(OWNER_ONLY)
