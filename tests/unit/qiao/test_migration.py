"""`qiao migrate` of a version that is rolled back to."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from libs.views import SchemaRefused
from qiao.cli import qiao

TABLE = "posts.posts"


def migrate(data: Path) -> Result:
    return CliRunner().invoke(qiao, ["migrate"], env={"QIAO_DATA": str(data)})


@pytest.fixture
def data(tmp_path: Path) -> Path:
    done = migrate(tmp_path)
    assert done.exit_code == 0, done.output
    return tmp_path


def versions(data: Path) -> list[tuple[int, str]]:
    with closing(sqlite3.connect(data / "views.db")) as connection:
        query = "SELECT version, declaration FROM schema_versions WHERE table_name = ? ORDER BY version"
        return list(connection.execute(query, (TABLE,)))


def record(data: Path, changed: dict[str, dict[str, str]]) -> None:
    """As a later version would have: what it declares of the table replaces what stands there."""
    [(version, declaration)] = versions(data)
    later = json.loads(declaration) | changed
    with closing(sqlite3.connect(data / "views.db")) as connection:
        connection.execute("INSERT INTO schema_versions VALUES (?, ?, ?, 0)", (TABLE, version + 1, json.dumps(later)))
        connection.commit()


def columns(data: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads(versions(data)[-1][1])["columns"]
    return found


def test_it_says_nothing_of_newer_where_it_was_the_last_to_migrate(data: Path) -> None:
    assert "newer" not in migrate(data).output


def test_on_a_store_that_a_later_version_widened_it_has_nothing_to_do_and_leaves_no_trace(data: Path) -> None:
    record(data, {"columns": columns(data) | {"mood": "text"}})
    before = versions(data)
    done = migrate(data)
    assert done.exit_code == 0, done.output
    assert f"The store is newer than this version, nothing to do for {TABLE}." in done.output
    assert versions(data) == before


def test_on_a_store_that_a_later_version_contradicts_it_is_refused(data: Path) -> None:
    kept = dict(list(columns(data).items())[:-1])
    record(data, {"columns": kept | {"mood": "text"}})
    assert isinstance(migrate(data).exception, SchemaRefused)
