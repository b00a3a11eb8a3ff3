"""`qiao at` and `qiao try`: what was to be seen at a moment, and what a command would have done then."""

import asyncio
import json
import time
from collections.abc import Mapping
from typing import Any

import pytest

from libs.log import Bounds, Partition
from qiao.sources import bounds_of
from qiao.times import from_ms
from tests.e2e.client import Api, Someone
from tests.e2e.commands import run
from tests.e2e.platform import Platform
from tests.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


async def _json(platform: Platform, *arguments: str, code: int = 0) -> dict[str, Any]:
    shown = await run(*arguments, **platform.environment)
    assert shown.returncode == code, shown.stderr + shown.stdout
    return dict(json.loads(shown.stdout))


async def _now(person: Someone) -> str:
    """This millisecond; the next one has begun, and all that was done before is folded, when it returns."""
    ms = time.time_ns() // 1_000_000
    await person.get("/v1/home")
    await eventually(lambda: time.time_ns() // 1_000_000 > ms)
    return from_ms(ms).isoformat()


async def test_home_profile_and_card_are_shown_as_they_were(api: Api, platform: Platform) -> None:
    author, reader = await api.someone("author"), await api.someone("reader")
    await reader.does("PUT", f"/v1/accounts/{author.handle}/follow")
    post = await author.post("first")
    await reader.does("PUT", f"/v1/posts/{post['id']}/like")
    then = await _now(reader)
    await author.post("second")
    await author.does("DELETE", f"/v1/posts/{post['id']}")

    home = await _json(platform, "at", then, "--open", "--json", "home", reader.handle)
    assert [card["text"] for card in home["cards"]] == ["first"]
    profile = await _json(platform, "at", then, "--open", "--json", "profile", author.handle, "--as", reader.handle)
    assert profile["profile"]["counts"] == {"followers": 1, "following": 0}
    assert profile["profile"]["viewer"]["following"]
    card = await _json(platform, "at", then, "--json", "card", post["id"], "--as", reader.handle)
    assert (card["cards"][0]["counts"]["likes"], card["cards"][0]["viewer"]["liked"]) == (1, True)
    shown = card["cards"][0]["text"]
    assert (len(shown), shown != "first") == (len("first"), True), "what people wrote shows as a stand-in"
    gone = await run("at", "now", "card", post["id"], **platform.environment)
    assert (gone.returncode, "did not show" in gone.stderr) == (1, True)


async def test_before_someone_joined_nobody_has_their_handle(api: Api, platform: Platform) -> None:
    someone = await api.someone()
    shown = await run("at", "-1d", "home", someone.handle, **platform.environment)
    assert (shown.returncode, someone.handle in shown.stderr) == (1, True)


async def test_a_try_shows_events_and_rows_and_appends_nothing(api: Api, platform: Platform) -> None:
    author, reader = await api.someone("author"), await api.someone("reader")
    post = await author.post("like me")
    before = await _ends(platform)
    tried = await _json(platform, "try", "now", "--json", "like", reader.handle, post["id"])
    assert [event["envelope"]["ce_type"] for event in tried["events"]] == ["PostLiked"]
    rows = {row["table"]: row for row in tried["rows"]}
    assert (rows["feeds.tallies"]["before"], rows["feeds.tallies"]["after"]["count"]) == (None, 1)
    said = await _json(platform, "try", "now", "--json", "post", reader.handle, f"@{author.handle} hello")
    assert {row["table"] for row in said["rows"]} >= {"feeds.cards", "feeds.author", "feeds.home", "posts.posts"}
    assert await _ends(platform) == before


async def test_a_try_is_refused_as_the_gateway_would_have_refused_it_then(api: Api, platform: Platform) -> None:
    author, reader = await api.someone("author"), await api.someone("reader")
    post = await author.post("mine")
    then = await _now(author)
    await author.does("PUT", f"/v1/accounts/{reader.handle}/block")
    await author.get("/v1/home")
    assert (await _json(platform, "try", then, "--json", "follow", reader.handle, author.handle))["refused"] is None
    refused = await _json(platform, "try", "now", "--json", "follow", reader.handle, author.handle, code=1)
    assert (refused["refused"], refused["events"]) == ("blocked", [])
    refused = await _json(platform, "try", "now", "--json", "delete", reader.handle, post["id"], code=1)
    assert refused["refused"] == "post-not-yours"


async def _ends(platform: Platform) -> Mapping[Partition, Bounds]:
    return await asyncio.to_thread(platform.run, bounds_of(platform.stores.log))
