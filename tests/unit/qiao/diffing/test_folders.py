"""Two folders of tables beside each other: what only one side knows is named."""

from pathlib import Path
from uuid import UUID

import msgspec

from libs.views import Put, Table
from libs.views.sqlite import open_views
from qiao.diffing.differences import lines_of
from qiao.diffing.folders import compare_folders

ID = UUID(int=1)


class Old(msgspec.Struct, frozen=True):
    """As it was."""

    post: UUID
    count: int


class New(msgspec.Struct, frozen=True):
    """With a column more."""

    post: UUID
    count: int
    seen: int


OLD, NEW = Table("tests.rows", Old, partition=("post",)), Table("tests.rows", New, partition=("post",))
MORE = Table("tests.more", Old, partition=("post",))


async def _folded(directory: Path, *puts: Put) -> Path:
    directory.mkdir()  # noqa: ASYNC240 - a test's folder
    views = await open_views(directory / "views.db")
    await views.migrate([put.table for put in puts])
    await views.write(puts)
    await views.close()
    return directory


async def test_tables_and_columns_that_only_one_version_knows_are_named_and_the_others_compared(tmp_path: Path) -> None:
    a = await _folded(tmp_path / "a", Put(OLD, Old(ID, 1), 1))
    b = await _folded(tmp_path / "b", Put(NEW, New(ID, 2, 3), 1), Put(MORE, Old(ID, 1), 1))
    compared = compare_folders(a, b, 0)
    assert compared.left_out == ["tests.more", "tests.rows.seen"]
    assert [(each.a, each.b) for each in compared.differences] == [({"count": 1}, {"count": 2})]
    told = "\n".join(map(str, lines_of(compared, 5)))
    assert "Not compared, for only one side knows them: tests.more, tests.rows.seen" in told
    assert compare_folders(a, a, 0).left_out == []
