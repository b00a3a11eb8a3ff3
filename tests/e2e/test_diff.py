"""`qiao diff`: what differs, row by row, and the event after which it does."""

import asyncio
import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import qiao
from tests.e2e.client import Api
from tests.e2e.commands import environment, run
from tests.e2e.platform import Platform

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

ROOT = Path(qiao.__file__).parents[1]


async def _ran(platform: Platform, *arguments: str, code: int = 0) -> str:
    shown = await run(*arguments, **platform.environment)
    assert shown.returncode == code, shown.stderr + shown.stdout
    return shown.stdout


async def _diff(platform: Platform, *arguments: str, code: int) -> dict[str, Any]:
    return dict(json.loads(await _ran(platform, "diff", *arguments, "--json", code=code)))


def _about(post: str) -> str:
    return f"kind = 'likes' AND subject = x'{post.replace('-', '')}'"


def _spoil(directory: Path, statement: str) -> None:
    with closing(sqlite3.connect(directory / "views.db")) as connection:
        assert connection.execute(statement).rowcount > 0
        connection.commit()


async def _liked_post(api: Api) -> str:
    author = await api.someone()
    post = await author.post("liked")
    await author.does("PUT", f"/v1/posts/{post['id']}/like")
    await author.get(f"/v1/posts/{post['id']}")
    return str(post["id"])


async def test_replays_of_the_same_events_are_alike(api: Api, platform: Platform, tmp_path: Path) -> None:
    await _liked_post(api)
    await _ran(platform, "capture", str(tmp_path / "all.qiao"))
    for name in ("one", "two"):
        await _ran(platform, "replay", str(tmp_path / "all.qiao"), "--into", str(tmp_path / name))
    found = await _diff(platform, str(tmp_path / "one"), str(tmp_path / "two"), code=0)
    assert sum(table["same"] for table in found["tables"]) > 0
    assert found["differences"] == []


async def test_a_row_that_is_not_the_same_is_shown_with_the_event_that_should_have_made_it(
    api: Api, platform: Platform, tmp_path: Path
) -> None:
    post = await _liked_post(api)
    await _ran(platform, "capture", str(tmp_path / "all.qiao"))
    for name in ("one", "two"):
        await _ran(platform, "replay", str(tmp_path / "all.qiao"), "--into", str(tmp_path / name))
    subject = f"subject = x'{post.replace('-', '')}'"
    _spoil(tmp_path / "two", f"""DELETE FROM "feeds.tallies" WHERE kind = 'likes' AND {subject}""")
    found = await _diff(platform, str(tmp_path / "one"), str(tmp_path / "two"), code=1)
    [row] = found["differences"]
    assert (row["table"], row["key"]["subject"], row["a"]["count"], row["b"]) == ("feeds.tallies", post, 1, None)
    assert found["parting"]["type"] == "PostLiked"


async def test_a_replay_of_live_is_live(api: Api, platform: Platform, tmp_path: Path) -> None:
    posts = [await _liked_post(api)]
    await _ran(platform, "replay", "live", "--into", str(tmp_path / "now"))
    posts.append(await _liked_post(api))
    # Other tests of this platform put bugs into its handlers: what these spoiled differs, and is found.
    shown = await run("diff", str(tmp_path / "now"), "live", "--limit", "1000", "--json", **platform.environment)
    assert shown.returncode in (0, 1), shown.stderr
    assert not [post for post in posts if post in json.dumps(json.loads(shown.stdout)["differences"])]
    _spoil(tmp_path / "now", f"""UPDATE "feeds.tallies" SET count = 7 WHERE {_about(posts[0])}""")
    found = await _diff(platform, str(tmp_path / "now"), "live", "--limit", "1000", code=1)
    [spoilt] = [row for row in found["differences"] if posts[0] in row["key"].values()]
    assert (spoilt["a"]["count"], spoilt["b"]["count"]) == (7, 1)


async def test_a_slice_of_some_posts_is_not_compared_with_live_unless_it_has_all_that_made_them(
    api: Api, platform: Platform, tmp_path: Path
) -> None:
    post = await _liked_post(api)
    for name, options in (("part", []), ("whole", ["--closure"])):
        await _ran(platform, "capture", str(tmp_path / f"{name}.qiao"), "--post", post, *options)
        await _ran(platform, "replay", str(tmp_path / f"{name}.qiao"), "--into", str(tmp_path / name))
    refused = await run("diff", str(tmp_path / "part"), "live", **platform.environment)
    assert refused.returncode == 2
    assert "--closure" in refused.stderr
    found = await _diff(platform, str(tmp_path / "whole"), "live", code=0)
    assert sum(table["same"] for table in found["tables"]) > 0


async def test_two_versions_of_a_handler_are_told_apart_by_what_they_make_of_a_log(
    api: Api, platform: Platform, tmp_path: Path
) -> None:
    post = await _liked_post(api)
    tree = await asyncio.to_thread(_two_versions, tmp_path / "tree")
    await _ran(platform, "capture", str(tmp_path / "all.qiao"))
    variables = environment(platform.environment) | {"PYTHONPATH": str(tree)}
    command = [
        sys.executable,
        "-m",
        "qiao",
        "diff",
        str(tmp_path / "all.qiao"),
        "--code",
        "HEAD~1",
        "--limit",
        "1000",
        "--json",
    ]
    shown = await asyncio.to_thread(
        subprocess.run, command, cwd=tree, env=variables, capture_output=True, text=True, check=False
    )
    assert shown.returncode == 1, shown.stderr
    found = json.loads(shown.stdout)
    rows = {(row["table"], row["key"].get("subject")): row for row in found["differences"]}
    assert (rows["feeds.tallies", post]["a"]["count"], rows["feeds.tallies", post]["b"]["count"]) == (1, 2)
    assert found["parting"]["type"] in ("PostLiked", "PostSaved")
    assert {row["table"] for row in found["differences"]} == {"feeds.tallies"}


async def test_a_commit_that_is_not_there_is_named(platform: Platform, tmp_path: Path) -> None:
    shown = await run("diff", str(tmp_path), "--code", "no-such-commit", **platform.environment)
    assert shown.returncode == 2
    assert "no-such-commit" in shown.stderr


async def test_folders_without_a_replay_are_named(platform: Platform, tmp_path: Path) -> None:
    shown = await run("diff", str(tmp_path), "live", **platform.environment)
    assert shown.returncode == 2
    assert "no replay is there" in shown.stderr


def _two_versions(tree: Path) -> Path:
    """A repository in which the newer commit counts likes twice."""
    for room in ("libs", "services", "qiao"):
        shutil.copytree(ROOT / room, tree / room, ignore=shutil.ignore_patterns("__pycache__"))
    _git(tree, "init", "--quiet")
    _commit(tree)
    handler = tree / "services/feeds/handlers/reactions.py"
    spoilt = handler.read_text().replace("1 if on else -1", "2 if on else -1")
    assert spoilt != handler.read_text()
    handler.write_text(spoilt)
    _commit(tree)
    return tree


def _git(tree: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=tester", "-c", "user.email=tester@example.org"]
    subprocess.run(["git", *identity, *arguments], cwd=tree, check=True, capture_output=True)


def _commit(tree: Path) -> None:
    _git(tree, "add", "--all")
    _git(tree, "commit", "--quiet", "--message", "a version")
