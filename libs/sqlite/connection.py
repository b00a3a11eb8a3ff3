"""Opening a database file the one way that every store here opens it."""

import os
import sqlite3
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
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, OWNER_ONLY))
    path.chmod(OWNER_ONLY)
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, timeout=busy_timeout, cached_statements=512
    )
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    connection.execute(f"PRAGMA cache_size = -{cache_bytes >> 10}")
    return connection
