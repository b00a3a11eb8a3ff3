"""`qiao journey` and its route: what a post caused, told from the log and the tables."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from libs.events import Meta, PostCreated, PostEdited
from libs.log import Publisher
from libs.projections import Out
from tests.e2e.client import Api
from tests.e2e.commands import run
from tests.e2e.platform import Platform
from tests.waiting import eventually

pytestmark = pytest.mark.slow

Steps = Sequence[dict[str, Any]]


async def _journey(platform: Platform, post: str, *more: str) -> Any:
    done = await run("journey", post, "--json", *more, **platform.environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _types(steps: Steps) -> list[str]:
    return [step["type"] for step in steps]


def _states(step: dict[str, Any]) -> dict[str, str]:
    return {handled["projection"]: handled["state"] for handled in step["handled"]}


async def test_a_journey_shows_every_event_of_a_post_with_who_when_and_what_was_made_of_it(
    api: Api, platform: Platform
) -> None:
    author, reader = await api.someone(), await api.someone()
    await reader.follows(author)
    post = await author.post("first")
    await author.does("PATCH", f"/v1/posts/{post['id']}", {"text": "second"})
    await reader.does("PUT", f"/v1/posts/{post['id']}/like")
    await reader.does("PUT", f"/v1/posts/{post['id']}/save")
    reply = await reader.post("an answer", reply_to=post["id"])
    await author.does("DELETE", f"/v1/posts/{post['id']}")
    await reader.get("/v1/home")

    steps: Steps = (await _journey(platform, post["id"]))["steps"]
    assert _types(steps) == ["PostCreated", "PostEdited", "PostLiked", "PostSaved", "PostCreated", "PostDeleted"]
    assert [step["actor_handle"] for step in steps] == [
        author.handle, author.handle, reader.handle, reader.handle, reader.handle, author.handle
    ]  # fmt: skip
    assert steps[4]["subject"] == reply["id"]
    assert {step["caused_by"] for step in steps[1:]} == {steps[0]["event"]}
    for step in steps:
        assert set(_states(step).values()) == {"folded"}, step
        assert len(step["trace"]) == 32
        assert step["after_ms"] >= 0
    [feeds] = [handled for handled in steps[0]["handled"] if handled["projection"] == "feeds"]
    rows = {row["table"]: row for row in feeds["rows"]}
    assert rows["feeds.cards"]["keys"] == [f"{post['id']} created"]
    assert (rows["feeds.home"]["count"], rows["feeds.home"]["as_written"]) == (2, 2)
    assert all(row["missing"] == 0 for row in rows.values())


async def test_the_text_of_a_journey_names_people_places_and_tables_and_never_what_was_written(
    api: Api, platform: Platform
) -> None:
    author = await api.someone()
    post = await author.post("a secret recipe")
    await author.get("/v1/home")
    done = await run("journey", post["id"], **platform.environment)
    assert done.returncode == 0, done.stderr
    for part in ("PostCreated", f"by @{author.handle}", "feeds  folded", "feeds.author", "as written"):
        assert part in done.stdout
    assert "secret" not in done.stdout
    assert "s1.text" not in done.stdout
    assert "--whole" in done.stderr


async def test_the_route_tells_admins_the_same_and_nobody_else(api: Api, platform: Platform, admin: str) -> None:
    author = await api.someone()
    post = await author.post("hello")
    await author.get("/v1/home")
    path = f"/v1/debug/posts/{post['id']}/journey"
    told = await api.send("GET", path, token=admin)
    assert told.status == 200
    assert told.body == await _journey(platform, post["id"])
    assert (await api.send("GET", path, token=author.token)).refusal == (403, "forbidden")
    assert (await api.send("GET", path)).refusal == (401, "sign-in")
    nothing = await api.send("GET", f"/v1/debug/posts/{uuid4()}/journey", token=admin)
    assert nothing.refusal == (404, "post-unknown")


async def test_what_left_no_rows_is_shown_when_everything_is_read(api: Api, platform: Platform) -> None:
    author, stranger = await api.someone(), await api.someone()
    post = await author.post("mine")
    forged = PostEdited(post=UUID(post["id"]), author=UUID(stranger.id), revision=1, text="not yours", lang="en")
    publisher = Publisher(platform.stores.log, platform.stores.keys, "/test")
    platform.run(publisher.publish(forged, actor=UUID(stranger.id), now=datetime.now(UTC)))
    await author.post("later")
    await author.get("/v1/home")

    async def refused() -> Any:
        whole = await _journey(platform, post["id"], "--whole")
        assert whole["complete"]
        [edit] = [step for step in whole["steps"] if step["type"] == "PostEdited"]
        assert _states(edit)["feeds"] == "folded"
        return [handled["refused"] for handled in edit["handled"] if handled["projection"] == "feeds"]

    assert await eventually(refused, timeout=30) == [["change by someone else"]]


async def test_an_id_that_is_no_posts_is_said_in_one_line(platform: Platform) -> None:
    done = await run("journey", str(uuid4()), **platform.environment)
    assert done.returncode == 1
    assert "no id of a post" in done.stderr
    assert (await run("journey", "nonsense", **platform.environment)).returncode == 2


@pytest.fixture
def broken(platform: Platform) -> Iterator[set[str]]:
    """Authors on whose posts the projection feeds breaks, for as long as they are in here."""
    authors = set[str]()
    [host] = [host for host in platform.workers.hosts if host.projection.name == "feeds"]
    sound = host.projection.handlers[PostCreated]

    def fold(event: PostCreated, meta: Meta, out: Out) -> None:
        if str(event.author) in authors:
            raise RuntimeError("this handler has a bug")
        assert sound.fold is not None
        sound.fold(event, meta, out)

    host.projection.handlers[PostCreated] = sound._replace(fold=fold)
    yield authors
    host.projection.handlers[PostCreated] = sound


async def test_a_parked_post_is_shown_with_its_failure_though_it_left_no_rows(
    api: Api, platform: Platform, broken: set[str]
) -> None:
    author = await api.someone()
    await author.get(f"/v1/accounts/{author.handle}")
    broken.add(author.id)
    post = await author.post("lost?")

    async def parked() -> Any:
        [step] = (await _journey(platform, post["id"]))["steps"]
        [feeds] = [handled for handled in step["handled"] if handled["projection"] == "feeds"]
        return feeds if feeds["state"] == "parked" else None

    feeds = await eventually(parked, timeout=40)
    assert "this handler has a bug" in feeds["error"]
    assert feeds["tries"] == 3
    assert {row["table"]: row["missing"] for row in feeds["rows"]}["feeds.cards"] == 1
