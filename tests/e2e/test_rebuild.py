"""`qiao rebuild` beside a running platform: new tables take the place of the old ones, and nobody notices."""

import asyncio
import json

import pytest

from tests.e2e.client import Api, Someone
from tests.e2e.commands import run
from tests.e2e.platform import Platform

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

NEWEST = 20


async def _rebuild(platform: Platform, *options: str, projection: str = "feeds") -> dict[str, object]:
    done = await run("rebuild", projection, "--json", *options, **platform.environment)
    assert done.returncode == 0, done.stderr + done.stdout
    return dict(json.loads(done.stdout))


async def _says_and_reads(author: Someone, said: list[str]) -> None:
    """One more post; the page that is read then has it, as `Api` insists on, and all those before."""
    said.append(f"number {len(said)}")
    await author.post(said[-1])
    newest = await author.texts(f"/v1/accounts/{author.handle}/posts?limit={NEWEST}")
    assert newest == said[: -NEWEST - 1 : -1]
    assert await author.texts(f"/v1/home?limit={NEWEST}") == newest


async def test_what_is_written_is_read_before_during_and_after_a_swap(api: Api, platform: Platform) -> None:
    author, said = await api.someone(), list[str]()
    await _says_and_reads(author, said)
    # Other tests of this platform put bugs into its handlers: what these left out, the new tables have.
    rebuilding = asyncio.create_task(_rebuild(platform, "--accept-differences"))
    while not rebuilding.done():
        await _says_and_reads(author, said)
    done = await rebuilding
    assert done["done"] == "swapped"
    assert author.id not in json.dumps(done["first"])
    for _ in range(3):
        await _says_and_reads(author, said)


async def test_a_rollback_brings_back_tables_that_have_what_was_written_since(api: Api, platform: Platform) -> None:
    author = await api.someone()
    serving = (await _rebuild(platform, projection="posts"))["serving"]
    post = await author.post("written since")
    back = await _rebuild(platform, "--rollback", projection="posts")
    assert back["done"] == "rolled back"
    status = await _rebuild(platform, "--status", projection="posts")
    assert (status["serving"], status["previous"]) == (back["serving"], serving)
    # Whose a post is, posts knows from the tables that serve.
    await author.does("DELETE", f"/v1/posts/{post['id']}")
    told = await run("rebuild", "posts", "--status", **platform.environment)
    assert f"generation {serving} served before and still stands" in told.stdout


async def test_what_there_is_not_is_told_in_one_line(platform: Platform) -> None:
    for option in ("--rollback", "--drop-old", "--abandon"):
        refused = await run("rebuild", "accounts", option, **platform.environment)
        assert refused.returncode == 2
        assert len(refused.stderr.splitlines()) == 1, refused.stderr
        assert "accounts" in refused.stderr
