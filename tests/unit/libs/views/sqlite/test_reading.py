"""Connections that are lent to reads: none comes back in the middle of a transaction."""

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from libs.sqlite.connection import connect
from libs.views import SchemaOutdated, ViewsUnavailable
from libs.views.sqlite.reading import Readers


@pytest.fixture
def readers(tmp_path: Path) -> Iterator[Readers]:
    readers = Readers(lambda: connect(tmp_path / "views.db", synchronous="NORMAL"))
    with readers.lend() as connection:
        connection.execute("CREATE TABLE numbers (number INTEGER)")
    yield readers
    readers.close()


def _count(connection: sqlite3.Connection) -> int:
    [(count,)] = connection.execute("SELECT count(*) FROM numbers").fetchall()
    return int(count)


def test_many_reads_see_one_moment_and_the_next_ones_see_what_was_written_meanwhile(readers: Readers) -> None:
    with readers.lend_for_many() as many:
        before = _count(many)
        with readers.lend() as writer:
            writer.execute("INSERT INTO numbers VALUES (1)")
        meanwhile = _count(many)
    with readers.lend_for_many() as later:
        assert (before, meanwhile, _count(later)) == (0, 0, 1)


def test_a_read_that_failed_leaves_no_transaction(readers: Readers) -> None:
    with pytest.raises(SchemaOutdated, match="qiao migrate"), readers.lend_for_many() as many:
        many.execute("SELECT * FROM letters")
    with readers.lend() as connection:
        assert (connection, connection.in_transaction) == (many, False)


def test_a_cancelled_read_leaves_no_transaction(readers: Readers) -> None:
    with pytest.raises(asyncio.CancelledError), readers.lend_for_many() as many:
        raise asyncio.CancelledError(_count(many))
    with readers.lend() as connection:
        assert (connection, connection.in_transaction) == (many, False)


def test_a_connection_that_comes_back_within_a_transaction_is_not_lent_again(readers: Readers) -> None:
    with readers.lend() as left_open:
        left_open.execute("BEGIN")
    with readers.lend() as connection:
        assert connection is not left_open


def test_nothing_is_lent_once_it_is_closed(readers: Readers) -> None:
    readers.close()
    with pytest.raises(ViewsUnavailable, match="closed"), readers.lend_for_many():
        pass
