"""The examples in the help of the replay tools, run on the sample world: each does what one would take it to do."""

import asyncio
import json
import re
import shlex
import sqlite3
import subprocess
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import NoReturn
from uuid import UUID

import aiohttp
import msgspec
import pytest

from libs.events import PostCreated
from qiao.commands.audit import audit_group
from tests.e2e.client import Api
from tests.e2e.commands import QIAO, TIMEOUT, environment, run
from tests.e2e.platform import Platform
from tests.unit.qiao.commands.test_help import COMMANDS, examples
from tests.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

NAMES = (
    "journey",
    "why",
    *(name for name in COMMANDS if name.startswith(("at ", "try "))),
    "replay",
    "digest",
    "diff",
    "audit",
    "audit show",
    "parked list",
    "rebuild",
)
"""Those of events, trace, sql and capture are run beside their other tests."""

WAITING = ("parked show", "parked redrive", "parked discard", "parked edit")
"""In this order: a redrive comes after the handler is mended."""

NOT_HERE = ("--serve", "--code", " 17")
"""Serves until Ctrl-C; folds with another commit: both have tests of their own. A finding has one below."""

OWN = ("try now edit", "try now delete")

_ID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{21}\b")
_PLACE = "'posts[3]@17'"
_TIME = re.compile(r"(?<= )(?:-1h|-10m|2025-01-14T09:30Z)(?= )")


def _examples(name: str) -> list[str]:
    return examples(audit_group if name == "audit" else COMMANDS[name])


async def _qiao(
    folder: Path, given: Mapping[str, str], *words: str, typed: str = ""
) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(
        subprocess.run,
        [*QIAO, *words],
        env=environment(given),
        cwd=folder,
        input=typed,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )


async def _done(folder: Path, given: Mapping[str, str], line: str, code: int = 0, typed: str = "") -> str:
    done = await _qiao(folder, given, *shlex.split(line), typed=typed)
    assert done.returncode == code, f"{line}: {done.returncode} {done.stderr}{done.stdout}"
    return done.stdout


async def _post_of(handle: str, given: Mapping[str, str]) -> str:
    found = await run("events", "grep", "--type", "PostCreated", "--actor", handle, "--json", **given)
    return str(msgspec.json.decode(found.stdout.splitlines()[0])["data"]["post"])


async def test_the_examples_of_their_help_run_on_the_sample_world(own_platform: Platform, tmp_path: Path) -> None:
    given = own_platform.environment
    assert (await run("seed", **given)).returncode == 0
    post, own = await _post_of("@mei", given), await _post_of("@lin", given)
    for line in (
        "capture incident.qiao",
        "replay incident.qiao --into before",
        "replay live --into after",
    ):
        await _done(tmp_path, given, line)
    tried, failed = 0, list[str]()
    for name in NAMES:
        for example in _examples(name):
            if any(part in example for part in NOT_HERE):
                continue
            line = _ID.sub(own if example.startswith(OWN) else post, _TIME.sub("now", example))
            done = await _qiao(tmp_path, given, *shlex.split(line))
            tried += 1
            if done.returncode or not done.stdout:
                failed.append(f"{line}: {done.returncode} {done.stderr}{done.stdout}")
    assert not failed, "\n".join(failed)
    assert tried > 25


async def test_the_examples_about_a_finding_run_on_one(own_platform: Platform, tmp_path: Path) -> None:
    given = own_platform.environment
    await _done(tmp_path, given, "seed")
    [told] = (await _done(tmp_path, given, "events grep --type AccountRegistered --actor @mei --json")).splitlines()
    with closing(sqlite3.connect(Path(given["QIAO_DATA"]) / "views.db", timeout=TIMEOUT)) as connection, connection:
        wrong = "UPDATE \"feeds.tallies\" SET count = count + 1 WHERE kind = 'following' AND subject = ?"
        assert connection.execute(wrong, (UUID(json.loads(told)["key"]).bytes,)).rowcount == 1
    [found] = json.loads(await _done(tmp_path, given, "audit --key @mei --json", code=1))["found"]
    about = [each for name in ("audit show", "audit") for each in _examples(name) if " 17" in each]
    assert [each.split(" 17")[0] for each in about] == ["audit show", "audit --finding"]
    for line in about:
        code = int(line.startswith("audit --finding"))  # a row was found
        assert await _done(tmp_path, given, line.replace(" 17", f" {found['number']}"), code=code)
    assert json.loads(await _done(tmp_path, given, "audit --key @mei --json"))["found"] == []


async def test_the_examples_about_parked_events_run_on_some(
    own_platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = own_platform.environment
    lines = [each for name in WAITING for each in _examples(name)]
    [host] = [host for host in own_platform.workers.hosts if host.projection.name == "feeds"]
    handlers = host.projection.handlers
    with monkeypatch.context() as broken:
        broken.setitem(handlers, PostCreated, handlers[PostCreated]._replace(fold=_breaks))
        async with aiohttp.ClientSession() as session:
            author = await Api(session, own_platform.url).someone()
            for _ in lines:
                await author.post("parked")
        places = await eventually(lambda: _parked(given, len(lines)), timeout=TIMEOUT)
        shown = [json.loads(await _done(tmp_path, given, f"parked show feeds '{place}' --json")) for place in places]
        for line, place in zip(lines, places, strict=True):
            if line.startswith("parked show"):
                assert "this handler has a bug" in await _done(tmp_path, given, line.replace(_PLACE, f"'{place}'"))
    for line, place, one in zip(lines, places, shown, strict=True):
        if not line.startswith("parked show"):
            data = json.dumps(one["event"]["data"] | {"text": "mended"})
            (tmp_path / "mended.json").write_text(data)
            assert await _done(tmp_path, given, line.replace(_PLACE, f"'{place}'"), typed=data)
    assert len(await _parked(given, 2)) == 2, "those that were only shown"


def _breaks(*_: object) -> NoReturn:
    raise RuntimeError("this handler has a bug")


async def _parked(given: Mapping[str, str], count: int) -> list[str]:
    """Where they stand, once there are so many."""
    listed = json.loads((await run("parked", "list", "--json", **given)).stdout)
    return [row["place"] for row in listed] if len(listed) == count else []
