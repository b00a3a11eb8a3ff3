"""`qiao sql`: the three forms, the notes on standard error, and what the exit status says."""

import asyncio
import csv
import io
import json
import shlex
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from libs.events.standins import stand_in
from libs.views.sqlite import open_views
from qiao.cli import qiao
from qiao.commands.sql import sql_command
from services.feeds.tables import TABLES
from tests.unit.libs.log.slices.making import make, record
from tests.unit.qiao.commands.test_help import examples
from tests.unit.qiao.story import MEI, small_story

COUNTS = "SELECT type, count(*) AS n FROM events GROUP BY type ORDER BY type"


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A log in a data folder, which is what `live` means."""
    monkeypatch.setenv("QIAO_DATA", str(tmp_path))
    asyncio.run(_tables(tmp_path / "views.db"))
    return asyncio.run(small_story().write(tmp_path / "log.db"))


async def _tables(path: Path) -> None:
    views = await open_views(path)
    await views.migrate(TABLES)
    await views.close()


def sql(*arguments: str) -> Result:
    return CliRunner().invoke(qiao, ["sql", *arguments])


def test_without_a_form_people_get_a_table(data: Path) -> None:
    shown = sql(str(data), COUNTS)
    assert shown.exit_code == 0
    assert [line.split() for line in shown.stdout.splitlines()[2:]] == [
        ["AccountRegistered", "│", "2"],
        ["PostCreated", "│", "2"],
        ["PostEdited", "│", "1"],
        ["PostLiked", "│", "1"],
    ]
    assert "\x1b" not in shown.stdout, "colours are for terminals"


def test_columns_of_one_name_are_numbered_in_json_and_none_is_lost(data: Path) -> None:
    query = "SELECT 1 AS n, 2 AS n, 3 AS n_2, 4 AS n, 5 AS m"
    assert json.loads(sql(str(data), query, "--json").stdout) == {"n": 1, "n_3": 2, "n_2": 3, "n_4": 4, "m": 5}
    assert sql(str(data), query, "--csv").stdout.splitlines() == ["n,n,n_2,n,m", "1,2,3,4,5"]


def test_a_table_shows_stand_ins_for_what_is_sealed_and_the_other_forms_have_the_tokens(data: Path) -> None:
    query = "SELECT text FROM PostCreated ORDER BY log_ms LIMIT 1"
    [[token]] = list(csv.reader(io.StringIO(sql(str(data), query, "--csv").stdout)))[1:]
    assert token.startswith("s1.text.")
    assert json.loads(sql(str(data), query, "--json").stdout) == {"text": token}
    assert sql(str(data), query).stdout.split()[-1] == stand_in(token)


def test_csv_has_the_names_first(data: Path) -> None:
    shown = sql(str(data), "SELECT lang, reply_to, topics FROM PostCreated ORDER BY log_ms", "--csv")
    assert list(csv.reader(io.StringIO(shown.stdout))) == [
        ["lang", "reply_to", "topics"],
        ["zh", "", '["猫税"]'],
        ["en", "", "[]"],
    ]


def test_json_is_an_object_a_line(data: Path) -> None:
    shown = sql(str(data), "SELECT author, lang, reply_to, x'00ff' AS bytes FROM PostCreated LIMIT 1", "--json")
    [line] = shown.stdout.splitlines()
    assert json.loads(line) == {"author": str(MEI), "lang": "zh", "reply_to": None, "bytes": "00ff"}


def test_without_a_question_it_says_what_can_be_asked(data: Path) -> None:
    shown = sql(str(data))
    assert shown.exit_code == 0
    assert "PostCreated" in shown.stdout
    assert "audience" in shown.stdout


def test_that_rows_were_left_out_is_said_beside_the_output(data: Path) -> None:
    shown = sql(str(data), "SELECT 1 FROM events", "--csv", "--limit", "2")
    assert (shown.exit_code, shown.stdout) == (0, "1\n1\n1\n")
    assert "first 2 rows" in shown.stderr
    assert sql(str(data), "SELECT 1 FROM events", "--limit", "6").stderr == ""


def test_a_write_is_a_mistake_of_usage_and_a_runaway_a_failure(data: Path) -> None:
    refused = sql(str(data), "DROP TABLE records")
    assert (refused.exit_code, "only SELECT" in refused.stderr) == (2, True)
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
    ended = sql(str(data), endless, "--timeout", "0.1")
    assert (ended.exit_code, "0.1 s" in ended.stderr) == (2, True)


def test_a_source_that_is_not_there_or_no_log_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = sql(str(tmp_path / "no.qiao"), "SELECT 1")
    assert (missing.exit_code, "no.qiao" in missing.stderr) == (2, True)
    monkeypatch.setenv("QIAO_LOG", "kafka://127.0.0.1:1")
    monkeypatch.setenv("QIAO_VIEWS", "cassandra://127.0.0.1/x")
    monkeypatch.setenv("QIAO_SECRET", "s" * 32)
    monkeypatch.setenv("QIAO_MASTER_KEY", "ab" * 32)
    servers = sql("live", "SELECT 1")
    assert (servers.exit_code, "qiao capture" in servers.stderr) == (2, True)


@pytest.mark.usefixtures("data")
@pytest.mark.parametrize("line", examples(sql_command))
def test_the_examples_of_its_help_run(line: str) -> None:
    shown = CliRunner().invoke(qiao, shlex.split(line))
    assert shown.exit_code == 0, shown.output
    assert shown.stdout


@pytest.mark.parametrize("left", [0.3, 0.9])
def test_a_slice_that_was_cut_off_is_named(tmp_path: Path, left: float) -> None:
    whole = make(tmp_path / "whole.qiao", [record(0, offset, b"x" * 900) for offset in range(100)]).read_bytes()
    (tmp_path / "cut.qiao").write_bytes(whole[: int(len(whole) * left)])
    for words in ([], ["select max(length(data)) from events"]):
        shown = sql(str(tmp_path / "cut.qiao"), *words)
        assert (shown.exit_code, shown.stdout) == (2, "")
        assert shown.stderr.startswith(f"qiao: {tmp_path / 'cut.qiao'} cannot be read, perhaps it was cut off: ")


def test_tables_that_are_broken_where_only_the_question_looks_are_named_too(data: Path) -> None:
    views = data.with_name("views.db")
    with closing(sqlite3.connect(views)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        [page] = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'feeds.cards'").fetchone()
        [size] = connection.execute("PRAGMA page_size").fetchone()
    content = bytearray(views.read_bytes())
    content[(page - 1) * size : page * size] = b"\xff" * size
    views.write_bytes(content)
    shown = sql(str(data.parent), "select count(*) from feeds_cards")
    assert shown.exit_code == 2
    assert shown.stderr.startswith(f"qiao: {data.parent} cannot be read, perhaps it was cut off: ")
