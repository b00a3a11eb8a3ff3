"""What can be asked of a log and of tables, and what is refused."""

import asyncio
import os
import sqlite3
from collections import Counter
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from libs.events import Event, envelope_for, event, to_record_parts, upcaster
from libs.log.embedded import open_log
from libs.log.publisher import utc_now
from libs.log.slices import SliceBroken
from libs.projections.generations import Standing, change, read_standing
from libs.vault.sqlite import open_vault
from libs.views import Put, Table, asc, stamp
from libs.views.sqlite import open_views
from qiao.sql import Limits, QueryRefused, TimeIsUp, ask, describe
from tests.unit.libs.log.slices.making import make
from tests.unit.qiao.story import FIRST, LIN, MEI, Story, small_story


@event(topic="test", key="account", version=2)
class Waved(Event, frozen=True, kw_only=True):
    """For these tests: it had no `hands` once."""

    account: str
    hands: int
    key: str = "taken"
    """Named like a column of every event."""


@upcaster(Waved, since=1)
def _hands(data: dict[str, object]) -> dict[str, object]:
    return data | {"hands": 1}


LIMITS = Limits()


def nobody(_: int) -> None:
    """Watches."""


def asked(source: Path, sql: str, limits: Limits = LIMITS) -> list[tuple[object, ...]]:
    with ask(source, sql, limits, nobody) as answer:
        return [tuple(row) for row in answer.rows]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return asyncio.run(small_story().write(tmp_path / "log.db"))


def test_events_are_counted_by_type(log: Path) -> None:
    expected = Counter(dict(one.headers)["ce_type"].decode() for one in small_story().records)
    assert dict(asked(log, "SELECT type, count(*) FROM events GROUP BY type")) == expected


def test_a_view_of_all_events_holds_envelope_place_and_data(log: Path) -> None:
    with ask(log, f"SELECT * FROM events WHERE subject = '{FIRST}' ORDER BY log_ms", Limits(), nobody) as answer:
        row = dict(zip(answer.columns, next(answer.rows), strict=True))
    record = small_story().records[2]
    assert row["place"] == f"posts[{record.partition}]@{record.offset}"
    assert (row["topic"], row["partition"], row["offset"]) == ("posts", record.partition, record.offset)
    assert (row["type"], row["version"], row["actor"], row["key"]) == ("PostCreated", 1, str(MEI), str(FIRST))
    assert (row["log_time"], row["log_ms"]) == ("2025-01-14 09:30:10.000", record.timestamp)
    assert row["error"] is None
    assert msgspec.json.decode(str(row["data"]))["lang"] == "zh"


def test_a_view_of_a_type_has_the_fields_of_its_data_as_columns(log: Path) -> None:
    [row] = asked(log, f"SELECT author, lang, topics, reply_to, text FROM PostCreated WHERE post = '{FIRST}'")
    assert row[:4] == (str(MEI), "zh", '["猫税"]', None)
    assert str(row[4]).startswith("s1.text."), "what people wrote stays sealed"


def test_views_join_and_narrow_as_sql_does(log: Path) -> None:
    sql = "SELECT l.account, p.lang FROM PostLiked l JOIN PostCreated p ON p.post = l.post WHERE l.log_time > '2025-01'"
    assert asked(log, sql) == [(str(LIN), "zh")]


async def test_old_versions_are_upcast_and_a_field_named_like_a_column_has_a_name_of_its_own(tmp_path: Path) -> None:
    story = Story()
    waved = Waved(account="mei", hands=2)
    parts = to_record_parts(waved, envelope_for(waved, source="/posts", actor=None, now=utc_now()))
    old = tuple((name, b"1" if name == "ce_dataversion" else value) for name, value in parts.headers)
    story.add("posts", parts.key, parts.value, parts.headers, 1)
    story.add("posts", parts.key, b'{"account": "mei"}', old, 2)
    log = await story.write(tmp_path / "log.db")
    assert asked(log, "SELECT version, hands, key, data_key FROM Waved") == [
        (2, 2, "mei", "taken"),
        (1, 1, "mei", "taken"),
    ]


async def test_what_cannot_be_read_has_no_type_or_says_why(tmp_path: Path) -> None:
    story = small_story()
    liked = story.records[4]
    newer = tuple((name, b"99" if name == "ce_dataversion" else value) for name, value in liked.headers)
    unknown = tuple((name, b"PostShared" if name == "ce_type" else value) for name, value in liked.headers)
    story.add("posts", b"a", b"\xff", (), 50)
    story.add("posts", b"b", b"not JSON", liked.headers, 51)
    story.add("posts", b"c", b'{"x":1}', newer, 52)
    story.add("posts", b"d", b'{"x":1}', unknown, 53)
    log = await story.write(tmp_path / "log.db")
    rows = asked(log, "SELECT key, type, error IS NULL, data FROM events WHERE log_ms > 1736847045000 ORDER BY log_ms")
    assert rows == [
        ("a", "", 0, None),
        ("b", "PostLiked", 0, None),
        ("c", "PostLiked", 0, '{"x":1}'),
        ("d", "PostShared", 1, '{"x":1}'),
    ]


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM records",
        "INSERT INTO topics VALUES (9, 'x', 'x', 1)",
        "DROP TABLE records",
        "CREATE TABLE mine (x)",
        "CREATE TEMP TABLE mine (x)",
        "UPDATE side.events SET type = 'x'",
        "DROP VIEW events",
        "ATTACH 'other.db' AS other",
        "PRAGMA journal_mode = DELETE",
        "PRAGMA main.user_version = 7",
        "VACUUM INTO 'copy.db'",
        "BEGIN",
        "SELECT load_extension('x')",
        "SELECT 1; SELECT 2",
        "SELECT nothing FROM events",
        "SELEC",
        "",
        "-- only a remark",
    ],
)
def test_writes_and_what_is_no_question_are_refused(log: Path, sql: str) -> None:
    before = log.read_bytes()
    with pytest.raises(QueryRefused):
        asked(log, sql)
    assert log.read_bytes() == before
    assert len(asked(log, "SELECT * FROM events")) == 6


ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT {} FROM n"


@pytest.mark.parametrize("what", ["count(*)", "x"])
def test_a_question_without_an_end_is_ended(log: Path, what: str) -> None:
    with pytest.raises(TimeIsUp, match=r"0\.1 s"):
        asked(log, ENDLESS.format(what), Limits(seconds=0.1, rows=0))


@pytest.mark.parametrize("raised", [KeyboardInterrupt(), sqlite3.OperationalError("disk I/O error")])
def test_what_is_raised_while_an_event_is_read_is_told_as_it_is(
    log: Path, monkeypatch: pytest.MonkeyPatch, raised: BaseException
) -> None:
    def broken(*_: object) -> None:
        raise raised

    monkeypatch.setattr("qiao.sql.fields.decode_envelope", broken)
    with pytest.raises(type(raised)):
        asked(log, "SELECT actor FROM events")


def test_a_value_without_bounds_is_refused(log: Path) -> None:
    with pytest.raises(QueryRefused, match="too big"):
        asked(log, "SELECT length(hex(zeroblob(1000000000)))")


def test_the_limit_says_whether_there_was_more(log: Path) -> None:
    for limit, shown, more in ((5, 5, True), (6, 6, False), (0, 6, False)):
        with ask(log, "SELECT * FROM events", Limits(rows=limit), nobody) as answer:
            assert (len(list(answer.rows)), answer.more.there) == (shown, more)


async def test_what_was_appended_since_is_found(log: Path) -> None:
    assert len(asked(log, "SELECT * FROM events")) == 6
    story = small_story()
    more = [story.add("posts", f"key {n}".encode(), b"{}", story.records[4].headers, 60 + n) for n in range(20)]
    writer = await open_log(log)
    await writer.restore(more)
    told: list[int] = []
    with ask(log, "SELECT count(*) FROM PostLiked", Limits(), told.append) as answer:
        assert list(answer.rows) == [(21,)]
    assert sum(told) == 20, "only what is new is taken in"
    await writer.close()


def test_another_log_of_the_same_name_gets_an_index_of_its_own(log: Path) -> None:
    assert len(asked(log, "SELECT * FROM events")) == 6
    log.unlink()
    asyncio.run(Story().write(log))
    assert asked(log, "SELECT * FROM events") == []


@pytest.mark.parametrize("broken", [b"", b"no SQLite at all" * 100, None])
def test_a_broken_index_is_made_anew(log: Path, broken: bytes | None) -> None:
    assert len(asked(log, "SELECT * FROM events")) == 6
    index = log.with_name("log.db.index")
    whole = index.read_bytes()
    index.write_bytes(whole[: len(whole) // 2] if broken is None else broken)
    assert len(asked(log, "SELECT type FROM events")) == 6
    assert index.stat().st_size == len(whole)


def test_the_index_is_for_its_owner_alone(log: Path) -> None:
    asked(log, "SELECT 1")
    assert log.with_name("log.db.index").stat().st_mode & 0o077 == 0


def test_where_no_index_can_be_kept_the_answer_is_the_same(log: Path) -> None:
    log.with_name("log.db.index").mkdir()
    assert len(asked(log, "SELECT * FROM events")) == 6


@pytest.mark.slow
@pytest.mark.may_stall
def test_while_another_process_holds_the_index_the_answer_is_the_same(log: Path) -> None:
    asked(log, "SELECT 1")
    index = log.with_name("log.db.index")
    other = sqlite3.connect(index, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        assert len(asked(log, "SELECT * FROM events")) == 6
    finally:
        other.close()
    assert index.exists()


def test_a_slice_is_asked_like_a_log_and_a_changed_one_is_refused(tmp_path: Path) -> None:
    path = make(tmp_path / "one.qiao")
    assert asked(path, "SELECT count(*) FROM events") == [(4,)]
    connection = sqlite3.connect(path)
    connection.execute("UPDATE records SET value = x'7b7d7d'")
    connection.commit()
    connection.close()
    os.utime(path, ns=(1, 1))
    with pytest.raises(SliceBroken):
        asked(path, "SELECT count(*) FROM events")


class Row(msgspec.Struct, frozen=True):
    """A row with columns that are not shown as they are kept."""

    post: UUID
    part: int
    hidden: bool
    topics: tuple[str, ...]


ROWS = Table("tests.some_rows", Row, partition=("post",), clustering=(asc("part"),))


async def _tables(path: Path) -> None:
    views = await open_views(path)
    await views.migrate([ROWS])
    await views.write([Put(ROWS, Row(post=FIRST, part=3, hidden=True, topics=("猫税",)), stamp(1, 7))])
    await views.close()


def test_tables_are_asked_beside_the_log_with_ids_as_text(log: Path) -> None:
    asyncio.run(_tables(log.parent / "views.db"))
    assert {"events", "PostCreated", "tests_some_rows"} <= describe(log.parent, nobody).keys()
    sql = "SELECT r.* FROM tests_some_rows r JOIN PostCreated p ON p.post = r.post"
    assert asked(log.parent, sql) == [(str(FIRST), 3, 1, '["猫税"]', stamp(1, 7))]
    log.unlink()
    assert asked(log.parent, "SELECT post FROM tests_some_rows") == [(str(FIRST),)], "a folder may hold tables alone"


def test_a_folder_without_either_is_refused(tmp_path: Path) -> None:
    with pytest.raises(QueryRefused, match="neither"):
        asked(tmp_path, "SELECT 1")


async def _second_generation(folder: Path, serving: int) -> None:
    """As a rebuild leaves it: one post more is hidden there."""
    views, vault = await open_views(folder / "views.db"), await open_vault(folder / "vault.db")
    await vault.migrate()
    await views.migrate([ROWS.generation(1)])
    await views.write([Put(ROWS.generation(1), Row(post=FIRST, part=8, hidden=True, topics=()), stamp(1, 7))])
    stands = await read_standing(vault, "tests")
    await change(vault, "tests", stands, Standing(serving=serving, highest=1))
    await views.close()
    await vault.close()


@pytest.mark.parametrize(("serving", "part"), [(0, 3), (1, 8)])
def test_after_a_rebuild_a_table_is_the_one_that_serves_and_the_others_are_left_out(
    tmp_path: Path, serving: int, part: int
) -> None:
    asyncio.run(_tables(tmp_path / "views.db"))
    asyncio.run(_second_generation(tmp_path, serving))
    assert asked(tmp_path, "SELECT part FROM tests_some_rows") == [(part,)]
    assert [name for name in describe(tmp_path, nobody) if name.startswith("tests_")] == ["tests_some_rows"]


def test_a_question_about_tables_writes_nothing_beside_them(tmp_path: Path) -> None:
    asyncio.run(_tables(tmp_path / "views.db"))
    asyncio.run(_second_generation(tmp_path, 1))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    asked(tmp_path, "SELECT part FROM tests_some_rows")
    assert {name: (tmp_path / name).read_bytes() for name in before} == before
