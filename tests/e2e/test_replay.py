"""`qiao replay`: the log folded once more, beside the running platform, which does not notice."""

import asyncio
import json
import re
import signal
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from libs.log import Partition
from libs.log.partitioner import partition_for
from tests.e2e.client import Api
from tests.e2e.commands import QIAO, environment, run
from tests.e2e.platform import Platform

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


async def _replayed(platform: Platform, into: Path, *options: str) -> dict[str, Any]:
    shown = await run("replay", "live", "--into", str(into), "--json", *options, **platform.environment)
    assert shown.returncode == 0, shown.stderr
    return dict(json.loads(shown.stdout))


async def _digest(into: Path) -> list[dict[str, Any]]:
    shown = await run("digest", str(into), "--as-of", "2030-01-01T00:00Z", "--json")
    assert shown.returncode == 0, shown.stderr
    return list(json.loads(shown.stdout)["tables"])


async def test_two_replays_until_one_event_have_the_same_digests(api: Api, platform: Platform, tmp_path: Path) -> None:
    author = await api.someone()
    post = await author.post("for the replay")
    place = await _place_of(platform, post["id"])
    first = await _replayed(platform, tmp_path / "one", "--until", place)
    await author.post("comes too late")
    await _replayed(platform, tmp_path / "two", "--until", place)
    assert first["rows"] > 0
    assert first["parked"] == 0
    assert await _digest(tmp_path / "one") == await _digest(tmp_path / "two")


async def test_one_service_alone_has_the_tables_that_it_has_among_all(
    api: Api, platform: Platform, tmp_path: Path
) -> None:
    place = await _place_of(platform, (await (await api.someone()).post("one of many"))["id"])
    await _replayed(platform, tmp_path / "all", "--until", place)
    await _replayed(platform, tmp_path / "posts", "--until", place, "--service", "posts")
    alone = await _digest(tmp_path / "posts")
    assert {each["table"].partition(".")[0] for each in alone} == {"posts"}
    assert [each for each in await _digest(tmp_path / "all") if each["table"].startswith("posts.")] == alone


async def test_another_replay_does_not_go_into_the_same_folder(platform: Platform, tmp_path: Path) -> None:
    await _replayed(platform, tmp_path / "here")
    other = await run("replay", "live", "--into", str(tmp_path / "here"), "--until", "-1h", **platform.environment)
    assert other.returncode == 2
    assert "another folder with --into" in other.stderr


@pytest.mark.parametrize(
    ("until", "told", "status"),
    [("yesterday!", "^", 2), ("posts[x]@1", "posts[3]@17", 2), ("posts[0]@999999", "nothing there", 2)],
)
async def test_an_end_that_is_none_is_refused_before_anything_is_folded(
    platform: Platform, tmp_path: Path, until: str, told: str, status: int
) -> None:
    into = tmp_path / "never"
    shown = await run("replay", "live", "--into", str(into), "--until", until, **platform.environment)
    assert shown.returncode == status
    assert told in shown.stderr
    assert not into.exists()


async def test_a_step_shows_what_an_event_reads_and_writes_and_goes_on_as_it_is_told(
    api: Api, platform: Platform, tmp_path: Path
) -> None:
    author = await api.someone()
    post = await author.post("look at me")
    await author.does("PUT", f"/v1/posts/{post['id']}/like")
    into, condition = tmp_path / "steps", f'key == "{post["id"]}"'
    process = await _started(platform, "replay", "live", "--into", str(into), "--break", condition)
    output, errors = await process.communicate(f'until data.post == "{post["id"]}"\nquit\n'.encode())
    text = output.decode()
    assert process.returncode == 0, errors.decode()
    assert re.search(rf"\+ +feeds\.cards\({post['id']}, created\)", text)
    assert re.search(rf"reads +feeds\.reactions_by\(\S+ like, {post['id']}\) +nothing", text)
    assert text.index("PostCreated") < text.index("PostLiked")
    assert '"count":1' in text
    assert "s1.text." not in text, "what people wrote shows as stand-ins"
    assert re.search(rf'"text":"[a-z]{{{len(post["text"])}}}"', text)
    rest = await _replayed(platform, into)
    assert rest["records"] > 0, "the same command goes on"


async def test_a_condition_and_a_stop_name_people_by_their_handles(
    api: Api, platform: Platform, tmp_path: Path
) -> None:
    author = await api.someone()
    await author.post("who was it?")
    condition = f'type == "PostCreated" && actor == "@{author.handle}"'
    process = await _started(platform, "replay", "live", "--into", str(tmp_path / "who"), "--break", condition)
    output, errors = await process.communicate(b"quit\n")
    assert process.returncode == 0, errors.decode()
    assert f"PostCreated         by @{author.handle} " in output.decode()


async def test_a_condition_on_nobody_is_pointed_at(platform: Platform, tmp_path: Path) -> None:
    options = ["--into", str(tmp_path / "none"), "--break", 'actor == "@nobody_here"']
    shown = await run("replay", "live", *options, **platform.environment)
    assert shown.returncode == 2
    assert "nobody is called @nobody_here" in shown.stderr
    assert 'actor == "@nobody_here"\n            ^' in shown.stderr


async def test_a_condition_that_nothing_meets_says_so(platform: Platform, tmp_path: Path) -> None:
    options = ["--into", str(tmp_path / "none"), "--break", 'type == "PostPainted"']
    shown = await run("replay", "live", *options, **platform.environment)
    assert shown.returncode == 0
    assert "stopped nowhere" in shown.stderr


async def test_an_address_that_is_none_is_refused_before_anything_is_folded(platform: Platform, tmp_path: Path) -> None:
    into = tmp_path / "never"
    shown = await run("replay", "live", "--into", str(into), "--serve", "8090", **platform.environment)
    assert shown.returncode == 2
    assert "--serve" in shown.stderr
    assert not into.exists()


async def test_a_served_replay_shows_home_as_it_was_and_takes_nothing(
    api: Api, platform: Platform, tmp_path: Path
) -> None:
    author = await api.someone()
    post = await author.post("as it was")
    place = await _place_of(platform, post["id"])
    await author.does("DELETE", f"/v1/posts/{post['id']}")
    options = ["--until", place, "--open", "--serve", "127.0.0.1:0", "--as", author.handle]
    process = await _started(platform, "replay", "live", "--into", str(tmp_path / "then"), *options)
    try:
        assert process.stdout is not None
        line = ""
        while not line.startswith("As @") and not process.stdout.at_eof():
            line = (await process.stdout.readline()).decode()
        url, token = re.findall(r"(http://\S+)/v1/home", line)[0], re.findall(r"Bearer ([^']+)'", line)[0]
        async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session:
            async with session.get(f"{url}/v1/home") as answer:
                assert [card["text"] for card in (await answer.json())["items"]] == ["as it was"]
                assert answer.headers["Qiao-Replay"]
            async with session.post(f"{url}/v1/posts", json={"text": "never"}) as answer:
                assert (answer.status, (await answer.json())["code"]) == (403, "read-only")
    finally:
        process.send_signal(signal.SIGINT)
        _, errors = await process.communicate()
    assert b"opens what people wrote" in errors, "it is on the record"
    assert b"Traceback" not in errors


async def _place_of(platform: Platform, post: str) -> str:
    """Where the first event about the post stands."""

    async def find() -> str:
        log, key = platform.stores.log, post.encode()
        partition = Partition("posts", partition_for(key, (await log.topics())["posts"].partitions))
        reader = await log.reader({partition: (await log.bounds([partition]))[partition].start})
        try:
            while polled := await reader.poll(1_000, 5.0):
                for record in polled[partition]:
                    if record.key == key:
                        return f"posts[{record.partition}]@{record.offset}"
        finally:
            await reader.close()
        raise AssertionError("no event about it")

    return await asyncio.to_thread(platform.run, find())


async def _started(platform: Platform, *arguments: str) -> Process:
    return await asyncio.create_subprocess_exec(
        *QIAO, *arguments, env=environment(platform.environment), stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
