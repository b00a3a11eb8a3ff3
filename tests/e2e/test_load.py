"""`qiao load`: a graph of people through the real gateway, with figures."""

import asyncio
import json
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from qiao.commands.load import load_command
from qiao.load import settle
from tests.e2e.commands import run
from tests.e2e.platform import Platform

pytestmark = pytest.mark.slow

PHASES = ["register", "follow", "post", "settle", "mix", "home", "profile", "post"]


@pytest.fixture
def graph(tmp_path: Path) -> str:
    """Six people in a ring."""
    path = tmp_path / "ring.edges"
    path.write_text("".join(f"{number} {(number + 1) % 6}\n" for number in range(6)))
    return str(path)


async def test_everyone_joins_follows_posts_and_reads_and_the_figures_say_so(platform: Platform, graph: str) -> None:
    options = ("--posts", "12", "--seconds", "0.5", "--connections", "4", "--page", "5", "--json")
    loaded = await run("load", graph, *options, **platform.environment)
    assert loaded.returncode == 0, loaded.stderr
    figures = json.loads(loaded.stdout)
    assert [figure["name"] for figure in figures] == PHASES
    assert [figure["count"] for figure in figures[:4]] == [6, 12, 12, 1]
    assert all(figure["errors"] == {} for figure in figures)
    total, home, profile, post = figures[4:]
    assert total["count"] == home["count"] + profile["count"] + post["count"] > 0
    assert 0 < home["p50_ms"] <= home["p99_ms"]

    again = await run("load", graph, "--posts", "0", "--seconds", "0", **platform.environment)
    assert again.returncode == 0, again.stderr
    assert "register" in again.stdout, "who is there already signs in, and the figures are a table"
    assert "Per second" in again.stdout


async def test_a_load_that_does_not_settle_in_time_says_so_and_keeps_its_figures(
    platform: Platform, graph: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qiao.load.run.settle", partial(settle, timeout=0.0))
    options = ["--posts", "6", "--seconds", "0.2", "--json", "--url", platform.url]
    loaded = await asyncio.to_thread(CliRunner().invoke, load_command, [graph, *options])
    assert loaded.exit_code == 1, loaded.output
    figures = json.loads(loaded.stdout)
    assert [figure["name"] for figure in figures] == PHASES
    settled = figures[3]
    assert (settled["count"], settled["errors"], settled["rate"]) == (0, {"stale": 1}, 0.0)
