"""What is kept, within which bounds, and what happens where it cannot be kept."""

import logging
import sqlite3
from pathlib import Path
from random import randbytes

import pytest

from qiao.traces.chunks import heads_in
from qiao.traces.file import TraceBounds, open_chunks
from qiao.traces.keeping import MAX_WAITING, TraceKeeper
from qiao.traces.reading import open_traces
from tests.unit.qiao.traces.making import NOW_MS, POST, ROOMY, T, U, a_part, a_span, a_trace_id, dropped, keep_all
from tests.waiting import eventually


def kept(path: Path) -> list[str]:
    """The traces of which something is kept, the oldest first; none before the file has its tables."""
    with sqlite3.connect(path) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'chunks'").fetchone():
            return []
        found = [
            head.trace
            for (text,) in connection.execute("SELECT heads FROM chunks ORDER BY id")
            for head in heads_in(text)
        ]
    connection.close()
    return found


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "traces.db"


def test_closing_writes_what_waits_and_it_reads_back_as_it_was(path: Path) -> None:
    keep_all(path, *POST)
    with open_traces(path) as file:
        assert file.parts_of(T) == [POST[0]]
        assert file.handlers_of(T) == [POST[1]]
    assert path.stat().st_mode & 0o077 == 0, "for its owner only"


@pytest.mark.slow
async def test_parts_are_written_while_it_runs(path: Path) -> None:
    keeper = TraceKeeper(path, ROOMY)
    try:
        keeper.keep(POST[0])
        await eventually(lambda: path.exists() and kept(path) == [T])
        keeper.keep(POST[1])
        await eventually(lambda: kept(path) == [T, U])
    finally:
        keeper.close()


def test_nothing_is_made_where_nothing_was_kept(path: Path) -> None:
    keep_all(path)
    assert not path.exists()


def test_the_oldest_parts_go_first_where_there_are_too_many(path: Path) -> None:
    parts = [a_part(a_trace_id(number), a_span(number, links=[(T, 1)])) for number in range(1, 31)]
    keep_all(path, *parts, bounds=ROOMY._replace(parts=10))
    assert kept(path) in ([a_trace_id(number) for number in range(first, 31)] for first in (21, 22))


def test_parts_that_are_too_old_go(path: Path) -> None:
    parts = [a_part(a_trace_id(number), a_span(number, at=number * 1_000)) for number in range(1, 31)]
    bounds = ROOMY._replace(parts=100)  # in chunks of ten
    keep_all(path, *parts, bounds=bounds)
    file = open_chunks(path, bounds)
    file.forget_before(NOW_MS / 1_000 + 20.5)
    assert kept(path) == [a_trace_id(number) for number in range(21, 31)]
    file.forget_before(NOW_MS / 1_000 + 300)
    assert kept(path) == []
    file.close()


def test_age_is_looked_at_as_soon_as_something_comes(path: Path) -> None:
    keep_all(path, POST[0], bounds=ROOMY._replace(seconds=3_600))
    assert kept(path) == [], "it happened years ago"


def test_the_file_does_not_grow_beyond_its_bytes(path: Path) -> None:
    bounds = TraceBounds(parts=100_000, bytes=1 << 20, seconds=1e9)
    for round_ in range(30):
        parts = (a_part(a_trace_id(round_), a_span(number, _noise(400))) for number in range(1, 501))
        keep_all(path, *parts, bounds=bounds)
        assert path.stat().st_size < 1.5 * bounds.bytes, "the bound, and what comes before the oldest go"
    with sqlite3.connect(path) as connection:
        used = connection.execute(
            "SELECT (p.page_count - f.freelist_count) * 4096 FROM pragma_page_count p, pragma_freelist_count f"
        ).fetchone()[0]
    connection.close()
    assert used <= bounds.bytes
    assert kept(path)[-1] == a_trace_id(29), "the newest are there"


def test_a_part_for_which_there_is_no_room_is_dropped_and_counted_and_nobody_waits(path: Path) -> None:
    before = dropped("full")
    keeper = TraceKeeper(path, ROOMY)
    keeper._stop.set()  # it takes nothing any more, as where the queue is full
    keeper.keep(POST[1])
    assert dropped("full") == before + 2
    keeper.close()
    keeper = TraceKeeper(path, ROOMY)
    many = a_part(T, *[a_span(number) for number in range(1, MAX_WAITING + 1)])
    keeper.keep(many)
    keeper.keep(POST[0])
    keeper.close()
    assert dropped("full") == before + 4
    assert kept(path) == [T]


def test_a_file_that_cannot_be_written_costs_traces_and_one_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = dropped("store")
    keeper = TraceKeeper(tmp_path / "gone" / "traces.db", ROOMY)
    with caplog.at_level(logging.WARNING):
        keeper._write([POST[0]])
        keeper._write([POST[0]])
        assert dropped("store") == before + 4
        [warning] = caplog.messages
        assert "cannot be kept" in warning
        (tmp_path / "gone").mkdir()
        keeper._write([POST[0]])
    keeper.close()
    assert kept(tmp_path / "gone" / "traces.db") == [T], "it goes on as soon as it can"


def test_a_broken_file_is_begun_anew(path: Path) -> None:
    path.write_bytes(b"not a database" * 1_000)
    keep_all(path, POST[0])
    assert kept(path) == [T]


def test_a_file_of_another_version_is_begun_anew(path: Path) -> None:
    keep_all(path, POST[0])
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    keep_all(path, POST[1])
    assert kept(path) == [U]


def _noise(characters: int) -> str:
    """What does not get smaller by packing."""
    return randbytes(characters // 2).hex()
