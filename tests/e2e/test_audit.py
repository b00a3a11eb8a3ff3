"""`qiao audit`: a handler with a bug spoils a count and a row; they are found, explained and put right."""

import json
from collections.abc import Iterator
from random import Random
from typing import Any
from uuid import UUID

import pytest

from libs.events import Meta, PostCreated, PostLiked
from libs.projections import Out, Second
from qiao.audit.background import once
from qiao.audit.findings import Findings
from qiao.services import projections
from services.feeds.tables import REACTIONS_ON, ReactionOn
from tests.e2e.client import Api
from tests.e2e.commands import run
from tests.e2e.platform import Platform

pytestmark = pytest.mark.slow


@pytest.fixture
def miscounted(platform: Platform) -> Iterator[set[str]]:
    """Posts whose likes count twice in feeds, with a member's row that is wrong, as long as they are in here."""
    posts = set[str]()
    [host] = [host for host in platform.workers.hosts if host.projection.name == "feeds"]
    sound = host.projection.handlers[PostLiked]

    def fold(event: PostLiked, meta: Meta, out: Out) -> None:
        assert sound.fold is not None
        sound.fold(event, meta, out)
        if str(event.post) in posts:
            out.add("likes", event.post, 1)
            out.put(REACTIONS_ON, ReactionOn(event.post, "like", meta.partition, event.account, False))

    host.projection.handlers[PostLiked] = sound._replace(fold=fold)
    yield posts
    host.projection.handlers[PostLiked] = sound


@pytest.fixture
def unpushed(platform: Platform) -> Iterator[set[str]]:
    """Authors whose posts reach nobody's home, as long as they are in here."""
    authors = set[str]()
    [host] = [host for host in platform.workers.hosts if host.projection.name == "feeds"]
    sound = host.projection.handlers[PostCreated]

    async def after(event: PostCreated, meta: Meta, second: Second) -> None:
        assert sound.after is not None
        if str(event.author) not in authors:
            await sound.after(event, meta, second)

    host.projection.handlers[PostCreated] = sound._replace(after=after)
    yield authors
    host.projection.handlers[PostCreated] = sound


async def _audit(platform: Platform, *options: str, status: int) -> dict[str, Any]:
    done = await run("audit", *options, "--json", **platform.environment)
    assert done.returncode == status, done.stderr + done.stdout
    return dict(json.loads(done.stdout))


async def test_a_wrong_count_and_a_wrong_row_are_found_explained_and_repaired(
    api: Api, platform: Platform, miscounted: set[str]
) -> None:
    reader = await api.someone()
    post = (await reader.post("counted twice"))["id"]
    miscounted.add(post)
    await reader.does("PUT", f"/v1/posts/{post}/like")
    assert (await reader.get(f"/v1/posts/{post}"))["counts"]["likes"] == 2

    account = reader.id
    audited = await _audit(platform, "--projection", "feeds", "--key", account, status=1)
    found = {each["drift"]["table"]: each for each in audited["found"]}
    assert found.keys() == {"feeds.reactions_on", "feeds.tallies"}
    assert found["feeds.tallies"]["drift"]["why"].startswith("the tally says 2, its membership rows say 0")
    assert found["feeds.tallies"]["drift"]["why"].endswith("the log says 1")

    number = str(found["feeds.reactions_on"]["number"])
    shown = await run("audit", "show", number, **platform.environment)
    assert shown.returncode == 0
    assert "no event ever wrote what stands" in shown.stdout
    assert "PostLiked at reactions[" in shown.stdout
    assert "  - on: false\n  + on: true" in shown.stdout
    assert f"{account} is @" in shown.stdout

    again = await _audit(platform, "--projection", "feeds", "--key", account, status=1)
    assert {each["times"] for each in again["found"]} == {2}

    reason = ("--repair", "--reason", "a test put it wrong")
    repaired = await _audit(platform, "--finding", number, *reason, status=1)
    assert all(each["repaired_at"] for each in repaired["found"])
    assert (await reader.get(f"/v1/posts/{post}"))["counts"]["likes"] == 1
    assert (await _audit(platform, "--key", account, status=0))["found"] == []
    shown = await run("audit", "show", number, **platform.environment)
    assert "a test put it wrong" in shown.stdout


async def test_a_post_that_never_reached_a_home_is_found_with_its_event_and_brought_there(
    api: Api, platform: Platform, unpushed: set[str]
) -> None:
    lin, mei = await api.someone(), await api.someone()
    await lin.follows(mei)
    assert (await _audit(platform, "--projection", "feeds", "--key", lin.id, status=0))["found"] == []
    unpushed.add(mei.id)
    lost = await mei.post("never there")
    [found] = (await _audit(platform, "--projection", "feeds", "--key", lin.id, status=1))["found"]
    assert (found["drift"]["table"], found["drift"]["kind"]) == ("feeds.home", "missing")
    assert found["drift"]["parted"]["type"] == "PostCreated"
    assert found["drift"]["key"] == lost["id"]
    assert await lin.texts("/v1/home") == []
    reason = ("--repair", "--reason", "fan-out was switched off by a test")
    await _audit(platform, "--projection", "feeds", "--key", lin.id, *reason, status=1)
    assert await lin.texts("/v1/home") == ["never there"]
    assert (await _audit(platform, "--projection", "feeds", "--key", lin.id, status=0))["found"] == []


async def test_a_key_that_no_event_has_is_not_called_well(api: Api, platform: Platform) -> None:
    mei = await api.someone()
    for key in ("nonsense", str(UUID(int=7)), "@nobody_at_all"):
        done = await run("audit", "--key", key, **platform.environment)
        assert (done.returncode, done.stdout) == (2, ""), key
        assert key in done.stderr
    for key in (mei.id, mei.id.upper(), mei.handle, f"@{mei.handle.upper()}"):
        assert (await _audit(platform, "--key", key, status=0))["agreed"] > 0


async def test_the_background_audit_finds_no_drift_in_a_sound_platform_and_keeps_what_it_finds_elsewhere(
    api: Api, platform: Platform
) -> None:
    await (await api.someone()).post("all is well")
    folded = projections(platform.settings, ["posts"])
    report = platform.run(once(platform.stores, folded, Random(3)))
    assert report.found == ()
    assert report.agreed > 0
    assert all(finding.drift.projection != "posts" for finding in platform.run(Findings(platform.stores.vault).all()))


async def test_a_sample_of_a_sound_platform_shows_no_drift(api: Api, platform: Platform) -> None:
    await (await api.someone()).post("sound")
    audited = await _audit(platform, "--projection", "accounts", "--projection", "posts", "--keys", "30", status=0)
    assert audited["found"] == []


@pytest.mark.parametrize("options", [("--repair",), ("--reason", "none"), ("--key", "@nobody_at_all")])
async def test_what_makes_no_sense_is_refused(platform: Platform, options: tuple[str, ...]) -> None:
    refused = await run("audit", *options, **platform.environment)
    assert refused.returncode == 2
    assert refused.stdout == ""
