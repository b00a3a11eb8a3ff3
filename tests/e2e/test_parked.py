"""`qiao parked`: an event that a handler breaks on stands aside, is looked at, folded again or given up."""

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from libs.events import Meta, PostCreated
from libs.log import Place, Record
from libs.log.single import read_one
from libs.projections import Out
from libs.projections.amendments import load_amendments
from qiao.places import parse_place
from tests.e2e.client import Api
from tests.e2e.commands import run
from tests.e2e.platform import Platform
from tests.waiting import eventually

pytestmark = pytest.mark.slow

REASON = ("--reason", "made by a test")


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


async def _parked(platform: Platform) -> list[dict[str, str]]:
    listed = await run("parked", "list", "--projection", "feeds", "--json", **platform.environment)
    assert listed.returncode == 0, listed.stderr
    return list(json.loads(listed.stdout))


async def _one_parked(platform: Platform, key: str) -> dict[str, str]:
    async def look() -> list[dict[str, str]]:
        return [row for row in await _parked(platform) if row["key"] == key]

    [row] = await eventually(look, timeout=40)
    return dict(row)


async def _says(author_api: Api, platform: Platform, broken: set[str]) -> tuple[str, str, dict[str, str]]:
    """Someone's post that is parked: their token, its id, its row."""
    author = await author_api.someone()
    await author.get(f"/v1/accounts/{author.handle}")
    broken.add(author.id)
    post = await author.post("parked")
    return author.token, post["id"], await _one_parked(platform, post["id"])


@pytest.mark.timeout(240)
async def test_a_parked_event_is_shown_and_folds_once_the_handler_is_mended(
    api: Api, platform: Platform, broken: set[str]
) -> None:
    token, post, row = await _says(api, platform, broken)
    assert row["state"] == "parked"
    assert "this handler has a bug" in row["error"]

    shown = await run("parked", "show", "feeds", row["place"], **platform.environment)
    assert shown.returncode == 0, shown.stderr
    for part in ("PostCreated", "this handler has a bug", "test_parked.broken", post):
        assert part in shown.stdout
    assert re.search(r'"text": "[a-z]{6}"', shown.stdout), "a stand-in as long as the text"
    assert "its handler reads no row\nthen, once its own rows are written, it reads those of other keys" in shown.stdout
    assert "by          @" in shown.stdout
    opened = await run("parked", "show", "feeds", row["place"], "--open", **platform.environment)
    assert '"text": "parked"' in opened.stdout
    assert "opens what people wrote" in opened.stderr

    again = await run("parked", "redrive", "feeds", row["place"], *REASON, **platform.environment)
    assert again.returncode == 1
    assert "failed again" in again.stderr

    broken.clear()
    mended = await run("parked", "redrive", "feeds", row["place"], *REASON, **platform.environment)
    assert mended.returncode == 0, mended.stderr
    assert "redrive: 1 done" in mended.stdout
    assert (await api.send("GET", f"/v1/posts/{post}", token=token, wait=False)).body["text"] == "parked"
    gone = await run("parked", "show", "feeds", row["place"], **platform.environment)
    assert gone.returncode == 2, gone.stdout
    assert "qiao parked list" in gone.stderr


@pytest.mark.timeout(240)
async def test_a_discarded_event_is_on_the_record_and_waits_no_more(
    api: Api, platform: Platform, broken: set[str]
) -> None:
    _, post, row = await _says(api, platform, broken)
    unsaid = await run("parked", "discard", "feeds", row["place"], **platform.environment)
    assert unsaid.returncode == 2
    assert "--reason" in unsaid.stderr

    done = await run("parked", "discard", "feeds", row["place"], *REASON, **platform.environment)
    assert done.returncode == 0, done.stderr
    assert post not in {row["key"] for row in await _parked(platform)}

    tail = await run(
        "events", "tail", "--topic", "operations", "--from-start", "--count", "1", "--json", **platform.environment
    )
    skipped = json.loads(tail.stdout)
    assert skipped["envelope"]["ce_type"] == "EventSkipped"
    assert UUID(skipped["data"]["subject"]) == UUID(post)
    assert (skipped["data"]["projection"], skipped["data"]["reason"]) == ("feeds", "made by a test")
    topic, partition, offset = (skipped["data"][name] for name in ("topic", "partition", "offset"))
    assert f"{topic}[{partition}]@{offset}" == row["place"]


async def test_what_waits_behind_a_parked_event_of_its_key_is_redriven_with_it(
    api: Api, platform: Platform, broken: set[str]
) -> None:
    token, post, row = await _says(api, platform, broken)
    edited = await api.send("PATCH", f"/v1/posts/{post}", {"text": "edited"}, token=token, wait=False)
    assert edited.status == 204

    async def both() -> bool:
        return [found["state"] for found in await _parked(platform) if found["key"] == post] == ["parked", "queued"]

    await eventually(both, timeout=40)
    broken.clear()
    mended = await run("parked", "redrive", "feeds", row["place"], *REASON, **platform.environment)
    assert "2 done" in mended.stdout, mended
    assert (await api.send("GET", f"/v1/posts/{post}", wait=False)).body["text"] == "edited"


@pytest.mark.timeout(240)
async def test_an_edited_event_is_shown_instead_while_the_log_keeps_what_was_said(
    api: Api, platform: Platform, broken: set[str], tmp_path: Path
) -> None:
    token, post, row = await _says(api, platform, broken)
    broken.clear()
    shown = await run("parked", "show", "feeds", row["place"], "--json", **platform.environment)
    event = json.loads(shown.stdout)["event"]
    file = tmp_path / "mended.json"
    edit = ("parked", "edit", "feeds", row["place"], "--data", str(file), *REASON)

    file.write_text(json.dumps(event["data"] | {"author": post}))
    refused = await run(*edit, **platform.environment)
    assert refused.returncode == 2
    assert "author must stay" in refused.stderr

    file.write_text(json.dumps(event["data"] | {"text": "mended"}))
    done = await run(*edit, "--json", **platform.environment)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["outcome"] == "1 done"
    assert "mended" not in json.loads(done.stdout)["edit"]["data"], "it is sealed before it leaves the command"
    assert (await api.send("GET", f"/v1/posts/{post}", token=token, wait=False)).body["text"] == "mended"

    original, amended = await asyncio.to_thread(platform.run, _as_decided(platform, parse_place(row["place"])))
    assert json.loads(original.value)["text"] == event["data"]["text"]
    assert amended is not None
    assert json.loads(amended.value)["text"].startswith("s1.text.")
    assert amended != original


async def _as_decided(platform: Platform, place: Place) -> tuple[Record, Record | None]:
    """The record at a place, and as feeds folds it."""
    log = platform.stores.log
    record = await read_one(log, place)
    return record, (await load_amendments(log)).apply("feeds", record)
