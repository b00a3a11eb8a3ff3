"""The examples in the help of the replay tools, run on the sample world: each does what one would take it to do."""

import asyncio
import re
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from tests.e2e.commands import QIAO, TIMEOUT, environment, run
from tests.e2e.platform import Platform
from tests.unit.qiao.commands.test_help import COMMANDS, examples

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

NAMES = (
    "journey",
    "why",
    *(name for name in COMMANDS if name.startswith(("at ", "try "))),
    "replay",
    "digest",
    "diff",
    "audit show",
    "parked list",
    "rebuild",
)
"""Those of events, sql and capture are run elsewhere."""

NOT_HERE = ("--serve", "--code", "audit show 17")
"""Serves until Ctrl-C; folds with another commit; needs a finding: all have tests of their own."""

OWN = ("try now edit", "try now delete")

_ID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{21}\b")
_TIME = re.compile(r"(?<= )(?:-1h|-10m|2025-01-14T09:30Z)(?= )")


async def _qiao(folder: Path, given: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(
        subprocess.run,
        [*QIAO, *words],
        env=environment(given),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )


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
        assert (await _qiao(tmp_path, given, *line.split())).returncode == 0, line
    tried, failed = 0, list[str]()
    for name in NAMES:
        for example in examples(COMMANDS[name]):
            if any(part in example for part in NOT_HERE):
                continue
            line = _ID.sub(own if example.startswith(OWN) else post, _TIME.sub("now", example))
            done = await _qiao(tmp_path, given, *shlex.split(line.replace("diff before after", "diff before before")))
            tried += 1
            if done.returncode or not done.stdout:
                failed.append(f"{line}: {done.returncode} {done.stderr}{done.stdout}")
    assert not failed, "\n".join(failed)
    assert tried > 25
