"""`qiao rebuild`: what its exit status and its output say."""

import asyncio
import json
from pathlib import Path
from typing import NoReturn

import pytest
from click.testing import CliRunner, Result

from libs.log import Place
from libs.projections.rebuilding import DecidedLate, Paused, Rebuild
from qiao import migration
from qiao.cli import qiao
from qiao.settings import Settings
from qiao.stores import open_stores


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("QIAO_DATA", str(tmp_path))
    asyncio.run(_migrated(Settings(data=str(tmp_path))))
    return tmp_path


async def _migrated(settings: Settings) -> None:
    async with open_stores(settings) as stores:
        await migration.migrate(stores, settings)


def rebuild(*arguments: str) -> Result:
    return CliRunner().invoke(qiao, ["rebuild", "posts", "--without-workers", *arguments])


@pytest.mark.usefixtures("data")
@pytest.mark.parametrize("method", ["build", "roll_back"])
def test_a_rebuild_that_was_paused_says_so_and_does_not_end_as_if_it_had_swapped(
    monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    async def paused(*_: object, **__: object) -> NoReturn:
        raise Paused

    monkeypatch.setattr(Rebuild, method, paused)
    verb = ["--rollback"] if method == "roll_back" else []
    told = rebuild("--json", *verb)
    assert told.exit_code == 3
    assert json.loads(told.stdout)["done"] == "paused"
    assert "the same command goes on" in rebuild(*verb).stdout


@pytest.mark.usefixtures("data")
def test_a_rebuild_that_swapped_ends_with_status_0() -> None:
    told = rebuild("--json")
    assert (told.exit_code, json.loads(told.stdout)["done"]) == (0, "swapped")


@pytest.mark.usefixtures("data")
@pytest.mark.parametrize(
    ("verb", "method", "told"), [([], "build", "--abandon"), (["--rollback"], "roll_back", "it cannot")]
)
def test_a_decision_that_comes_too_late_is_told_with_what_helps(
    monkeypatch: pytest.MonkeyPatch, verb: list[str], method: str, told: str
) -> None:
    async def late(*_: object, **__: object) -> NoReturn:
        raise DecidedLate([Place("posts", 0, 7)])

    monkeypatch.setattr(Rebuild, method, late)
    shown = rebuild(*verb)
    assert shown.exit_code == 2
    assert told in shown.stderr
    assert ("--abandon" in shown.stderr) == (not verb)
