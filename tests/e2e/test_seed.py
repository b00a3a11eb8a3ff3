"""`qiao seed`: a sample world in both languages, the same however often it is asked for."""

import pytest

from qiao.world import SAMPLE_HANDLE, SAMPLE_PASSWORD
from tests.e2e.client import Api, Someone
from tests.e2e.commands import run
from tests.e2e.platform import Platform

pytestmark = pytest.mark.slow


async def _everything(api: Api) -> tuple[list[list[str]], object, list[str]]:
    session = await api.send("POST", "/v1/sessions", {"handle": SAMPLE_HANDLE, "password": SAMPLE_PASSWORD})
    mei = Someone(
        api,
        {"account": {"handle": SAMPLE_HANDLE, "id": session.body["account_id"]}, **session.body},
    )
    home = await mei.get("/v1/home?limit=100")
    counts = [[card["text"], str(card["counts"])] for card in home["items"]]
    return counts, (await mei.get(f"/v1/accounts/{SAMPLE_HANDLE}"))["counts"], await mei.texts("/v1/saved")


async def test_the_sample_world_is_there_after_one_run_and_the_same_after_two(platform: Platform, api: Api) -> None:
    first = await run("seed", "--url", platform.url)
    assert first.returncode == 0, first.stderr
    assert f"Sign in as {SAMPLE_HANDLE} with the password {SAMPLE_PASSWORD}" in first.stdout
    await api.someone()
    world = await _settled(api)

    second = await run("seed", **platform.environment)
    assert second.returncode == 0, second.stderr
    assert "all of them there before" in second.stdout
    assert await _settled(api) == world

    home, counts, saved = world
    assert len(home) >= 30
    assert counts == {"followers": 9, "following": 9}
    assert saved


async def _settled(api: Api) -> object:
    """What is there once two looks in a row agree."""
    before, now = None, await _everything(api)
    while before != now:
        await api.someone()
        before, now = now, await _everything(api)
    return now


async def test_a_gateway_that_is_not_there_is_named(api: Api) -> None:
    missing = await run("seed", "--url", "http://127.0.0.1:9")
    assert missing.returncode == 2
    assert "http://127.0.0.1:9" in missing.stderr
    wrong = await run("seed", "--url", "gopher://x")
    assert wrong.returncode == 2
    assert "--url" in wrong.stderr
