"""`qiao events tail`: one line for each event, beside whoever writes them."""

import asyncio
import fcntl
import json
import os
import signal
import sys
import termios
from asyncio.subprocess import Process
from typing import Any
from uuid import uuid4

import pytest

from libs.log import Partition
from tests.e2e.client import Api
from tests.e2e.commands import QIAO, TIMEOUT, environment, qiao, run
from tests.e2e.platform import Platform
from tests.unit.qiao.commands.test_help import COMMANDS, examples
from tests.waiting import eventually

pytestmark = pytest.mark.slow

POSTS = 120
PIPE = 65_536
"""Bytes that a pipe holds before its writer has to wait."""


async def test_every_event_is_a_line_that_says_where_what_who_and_about_what(api: Api, platform: Platform) -> None:
    author = await api.someone()
    post = await author.post("for the tail")
    shown = await run("events", "tail", "--from-start", "--type", "PostCreated", "--count", "1", **platform.environment)
    assert shown.returncode == 0, shown.stderr
    [line] = shown.stdout.splitlines()
    assert "posts[" in line
    assert "]@0" in line
    assert "\x1b" not in line, "colours are for terminals"

    [event] = [line for line in await _everything(platform, "posts") if line["key"] == post["id"]]
    assert event["envelope"]["ce_type"] == "PostCreated"
    assert event["envelope"]["ce_actor"] == author.id
    assert event["data"]["post"] == post["id"]
    assert event["data"]["text"].startswith("s1."), "what people wrote stays sealed"


async def test_it_shows_what_happens_while_it_runs_and_ctrl_c_ends_it(api: Api, platform: Platform) -> None:
    author = await api.someone()
    process = await _started(platform, *QIAO, "events", "tail", "--topic", "reactions", "--from-start")
    try:
        post = await author.post("like me")
        await author.does("PUT", f"/v1/posts/{post['id']}/like")
        async with asyncio.timeout(TIMEOUT):
            line = await anext(line async for line in process.stdout or () if f"by @{author.handle} " in line.decode())
            assert line.decode().split()[2] == "PostLiked"
            process.send_signal(signal.SIGINT)
            _, errors = await process.communicate()
        assert (process.returncode, errors) == (0, b"")
    finally:
        await _gone(process)


@pytest.mark.parametrize("line", examples(COMMANDS["events tail"]))
async def test_the_examples_of_its_help_show_events_and_end_well(api: Api, platform: Platform, line: str) -> None:
    assert (await run("seed", **platform.environment)).returncode == 0
    mei = (await api.send("POST", "/v1/sessions", {"handle": "mei", "password": "bridge-bridge"})).body["access_token"]
    assert (await api.send("POST", "/v1/posts", {"text": "just now"}, token=mei)).status == 201
    someone, piped = await api.someone(), "|" in line
    command = f"{'' if piped else 'exec '}{' '.join(QIAO)} {line}"
    process = await _started(platform, "bash", "-o", "pipefail", "-c", command)
    assert process.stdout is not None
    shown = asyncio.create_task(process.stdout.readline())

    async def shows() -> bool:
        if not shown.done() and "--from" not in line:  # then it shows only what happens from now on
            await someone.post("look here")
        return shown.done()

    try:
        await eventually(shows, timeout=TIMEOUT)
        assert shown.result()
        if not piped:
            process.send_signal(signal.SIGINT)
        async with asyncio.timeout(TIMEOUT):
            _, errors = await process.communicate()
        assert (process.returncode, errors) == (0, b"")
    finally:
        shown.cancel()
        await _gone(process)


@pytest.mark.parametrize("command", ["tail --from-start", "grep"])
async def test_a_reader_that_has_had_enough_ends_it_at_once(api: Api, platform: Platform, command: str) -> None:
    await (await api.someone()).post("the only one that head takes")
    command = " ".join([*QIAO, f"events {command} --json --topic posts | head -n 1"])
    process = await _started(platform, "bash", "-o", "pipefail", "-c", command)
    try:
        async with asyncio.timeout(TIMEOUT):
            output, errors = await process.communicate()
        assert json.loads(output)["topic"] == "posts"
        assert (process.returncode, errors) == (0, b"")
    finally:
        await _gone(process)


async def test_a_reader_that_takes_its_time_gets_every_line(api: Api, platform: Platform) -> None:
    author = await api.someone()
    # Lines short enough to share the pages of the pipe, so that it can be seen to be full.
    for number in range(POSTS):
        await author.post(f"{number}")
    reading, writing = os.pipe()
    options = ("--from-start", "--json", "--topic", "posts", "--actor", author.id, "--count", str(POSTS))
    process = await asyncio.create_subprocess_exec(
        *QIAO, "events", "tail", *options, env=environment(platform.environment), stdout=writing
    )
    os.close(writing)
    try:
        await eventually(lambda: _held(reading) > PIPE * 8 // 10, timeout=TIMEOUT)
        with os.fdopen(reading) as lines:
            assert len(await asyncio.to_thread(lines.readlines)) == POSTS
        assert await process.wait() == 0
    finally:
        await _gone(process)


def _held(pipe: int) -> int:
    """The bytes that wait in it."""
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)


async def _started(platform: Platform, *command: str) -> Process:
    pipe = asyncio.subprocess.PIPE
    variables = environment(platform.environment)
    return await asyncio.create_subprocess_exec(*command, env=variables, stdout=pipe, stderr=pipe)


async def _gone(process: Process) -> None:
    if process.returncode is None:
        process.kill()
    await process.wait()


def test_wrong_input_is_refused_by_name(platform: Platform) -> None:
    for option, value in (("--topic", "gossip"), ("--type", "PostShared"), ("--count", "0")):
        refused = qiao("events", "tail", option, value, **platform.environment)
        assert refused.returncode == 2
        assert option in refused.stderr


def test_a_directory_without_a_log_is_named() -> None:
    missing = qiao("events", "tail", QIAO_DATA=f"./not-there-{uuid4().hex}")
    assert missing.returncode == 2
    assert "QIAO_DATA" in missing.stderr


async def _everything(platform: Platform, topic: str) -> list[dict[str, Any]]:
    """All events of a topic, as --json shows them."""
    places = [Partition(topic, number) for number in range(platform.settings.partitions)]
    bounds = await asyncio.to_thread(platform.run, platform.stores.log.bounds(places))
    count = str(sum(end - start for start, end in bounds.values()))
    options = ("--from-start", "--json", "--topic", topic, "--count", count)
    shown = await run("events", "tail", *options, **platform.environment)
    assert shown.returncode == 0, shown.stderr
    return [json.loads(line) for line in shown.stdout.splitlines()]
