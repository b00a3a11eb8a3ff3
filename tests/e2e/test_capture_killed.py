"""`kill -9` in the middle of a capture: the same command goes on, to the same slice."""

import signal
import subprocess
import time
from pathlib import Path

import pytest

from libs.log import Record, TopicSpec
from libs.log.embedded import open_log
from libs.log.slices.draft import partial_path
from tests.e2e.commands import QIAO, environment
from tests.property.capturing import TOPICS, read_slice

pytestmark = pytest.mark.slow

RECORDS = 60_000
TIMEOUT = 60.0
LOG = "talk.db"


async def _make(folder: Path) -> None:
    log = await open_log(folder / LOG)
    await log.create([TopicSpec(topic, 2) for topic in TOPICS])
    for begin in range(0, RECORDS, 5_000):
        await log.restore(
            [Record("posts", n % 2, n, 1_000 + n, b"key", b'{"n": %d}' % n) for n in range(begin, begin + 5_000)]
        )
    await log.close()


def _start(out: Path, folder: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([*QIAO, "capture", str(out), "--source", str(folder / LOG)], env=environment({}))


def _kill_when_it_has_begun(out: Path, folder: Path) -> bool:
    """Whether it was still at work. It has begun once the draft holds more than its empty tables."""
    process, begun = _start(out, folder), False
    deadline = time.monotonic() + TIMEOUT
    while process.poll() is None and not begun and time.monotonic() < deadline:
        begun = partial_path(out).exists() and partial_path(out).stat().st_size > 1 << 20
    process.send_signal(signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


@pytest.mark.may_stall
async def test_a_capture_that_is_killed_goes_on_to_the_same_slice(tmp_path: Path) -> None:
    await _make(tmp_path)
    assert _start(tmp_path / "whole.qiao", tmp_path).wait(TIMEOUT) == 0
    out = tmp_path / "killed.qiao"
    assert _kill_when_it_has_begun(out, tmp_path)
    assert partial_path(out).exists()
    assert not out.exists()
    assert _start(out, tmp_path).wait(TIMEOUT) == 0
    (records, manifest), (expected, whole) = await read_slice(out), await read_slice(tmp_path / "whole.qiao")
    assert records == expected
    assert manifest.partitions == whole.partitions
    assert manifest.count == RECORDS
    assert not partial_path(out).exists()
