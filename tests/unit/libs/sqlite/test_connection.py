"""A database file is its owner's, and other processes that come and go take nothing from it."""

import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

from libs.sqlite import connect

LOOK = "import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute('SELECT count(*) FROM t').fetchone()[0])"


def _seen_by_another_process(path: Path) -> int:
    """It opens the file, reads and closes it."""
    looked = subprocess.run([sys.executable, "-c", LOOK, str(path)], capture_output=True, text=True, check=True)
    return int(looked.stdout)


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    connect(path, synchronous="FULL").close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    connect(path, synchronous="FULL").close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_another_process_that_closes_it_does_not_take_away_the_write_ahead_log(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    writing = connect(path, synchronous="FULL")
    writing.execute("CREATE TABLE t (n INTEGER)")
    reading = connect(path, synchronous="NORMAL")
    for count in range(1, 4):
        writing.execute("INSERT INTO t VALUES (?)", (count,))
        assert _seen_by_another_process(path) == count
    writing.close()
    reading.close()
    assert sqlite3.connect(path).execute("SELECT count(*) FROM t").fetchone() == (3,)
