"""Whoever takes a handle takes it with and without @, in whatever case."""

import asyncio
import json
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from click.testing import CliRunner, Result

from qiao.cli import qiao
from qiao.debugging.pages import DebugPages
from qiao.journeys import Journeys
from qiao.looking.who import handle_of
from qiao.replay.opening import open_replay
from qiao.replay.until import Until
from qiao.settings import Settings
from qiao.sources import open_source
from qiao.stores import Stores
from tests.unit.qiao.story import FIRST, LIN, MEI, small_story


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return asyncio.run(small_story().write(tmp_path / "log.db"))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(qiao, [*arguments])


@pytest.mark.parametrize("text", ["lin", "@lin", "@Lin", "LIN"])
def test_a_handle_is_what_stands_behind_the_sign_in_small_letters(text: str) -> None:
    assert handle_of(text) == "lin"


@pytest.mark.parametrize(
    "arguments",
    [
        ("home", "@Mei"),
        ("profile", "@mei"),
        ("profile", "mei", "--as", "@lin"),
        ("card", str(FIRST), "--as", "@Lin"),
    ],
)
def test_an_answer_of_before_takes_handles_with_their_sign(log: Path, arguments: tuple[str, ...]) -> None:
    shown = run("at", "now", "--source", str(log), *arguments)
    assert shown.exit_code == 0, shown.output


@pytest.mark.parametrize(
    "arguments", [("follow", "@lin", "@Mei"), ("post", "@lin", "hello"), ("like", "@Mei", str(FIRST))]
)
def test_a_try_takes_handles_with_their_sign(log: Path, arguments: tuple[str, ...]) -> None:
    tried = run("try", "now", "--source", str(log), "--json", *arguments)
    assert tried.exit_code == 0, tried.output
    assert len(json.loads(tried.stdout)["events"]) == 1


def test_whom_a_replay_should_be_looked_through_is_looked_up_before_anything_is_folded(
    log: Path, tmp_path: Path
) -> None:
    into = tmp_path / "into"
    refused = run("replay", str(log), "--into", str(into), "--serve", "127.0.0.1:0", "--as", "@Mei", "--as", "@nobody")
    assert refused.exit_code == 2
    assert "nobody had the handle @nobody then" in refused.output
    assert not into.exists()
    early = ("--until", "2025-01-14T09:30Z", "--serve", "127.0.0.1:0", "--as", "@lin")
    assert "nobody had the handle @lin then" in run("replay", str(log), "--into", str(into), *early).output
    assert not into.exists()


@pytest.mark.parametrize(
    ("actor", "count"), [("@mei", 4), ("Mei", 4), (str(MEI), 4), (str(LIN).upper(), 2), ("@nobody", 0), ("", 6)]
)
async def test_the_debug_page_finds_what_somebody_did_by_handle_and_by_id(
    log: Path, tmp_path: Path, actor: str, count: int
) -> None:
    settings = Settings()
    async with (
        open_source(str(log), settings) as source,
        open_replay(settings, source, Until(), tmp_path / "tables") as replay,
    ):
        await replay.run(await replay.left())
        stores = cast("Stores", SimpleNamespace(log=source.log, views=replay.scratch.views))
        page = await DebugPages((), stores, cast("Journeys", None)).events({}, {"actor": actor})
    assert page.count("<summary>JSON") == count
    assert f'name="actor" value="{actor}"' in page, "what was typed stands in the form"
