"""`qiao load`: a graph of people through the real gateway, with figures."""

import json
from pathlib import Path

import pytest

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
