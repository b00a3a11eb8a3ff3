"""Several processes on one port, and a parent that keeps them alive."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from services.gateway.processes import Supervisor
from tests.waiting import eventually

pytestmark = pytest.mark.slow

CHILD = "tests.unit.services.gateway.child"
PARENT = "import sys; from services.gateway.processes import supervise; sys.exit(supervise(sys.argv[1:], 2))"
STUBBORN = """
import pathlib, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path(sys.argv[1]).touch()
time.sleep(600)
"""
START = 30.0
"""Seconds that processes may take on a busy machine."""


@pytest.fixture
def port() -> int:
    """One that is free."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def pids(directory: Path) -> set[int]:
    """The processes that listen."""
    return {int(path.stem) for path in directory.glob("*.pid")}


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
async def parent(port: int, tmp_path: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """A parent with two children that listen."""
    command = [sys.executable, "-m", CHILD, str(port), str(tmp_path)]
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", PARENT, *command)
    await eventually(lambda: len(pids(tmp_path)) == 2, START)
    yield process
    if process.returncode is None:
        process.kill()
        await process.wait()
    await eventually(lambda: not any(alive(pid) for pid in pids(tmp_path)), START)


async def answered_by_fresh_connection(port: int) -> int:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/v1/whoami") as answer:
        return answer.status


async def test_children_share_the_port_and_their_metrics(
    parent: asyncio.subprocess.Process, port: int, tmp_path: Path
) -> None:
    for _ in range(10):
        assert await answered_by_fresh_connection(port) == 200
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/metrics") as answer:
        shown = await answer.text()
    assert 'qiao_http_request_seconds_count{method="GET",route="/v1/whoami",status="200"} 10.0' in shown


async def test_a_dead_child_is_started_again(parent: asyncio.subprocess.Process, port: int, tmp_path: Path) -> None:
    first = pids(tmp_path)
    killed = min(first)
    os.kill(killed, signal.SIGKILL)
    (tmp_path / f"{killed}.pid").unlink()
    await eventually(lambda: len(pids(tmp_path)) == 2 and killed not in pids(tmp_path), START)
    assert await answered_by_fresh_connection(port) == 200


async def test_a_signal_goes_on_to_the_children_which_drain(parent: asyncio.subprocess.Process, tmp_path: Path) -> None:
    children = pids(tmp_path)
    parent.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(parent.wait(), START) == 0
    assert pids(tmp_path) == set()
    assert not any(alive(child) for child in children)


async def test_children_end_when_their_parent_is_killed(parent: asyncio.subprocess.Process, tmp_path: Path) -> None:
    parent.kill()
    await parent.wait()
    await eventually(lambda: pids(tmp_path) == set(), START)


async def test_children_that_cannot_stay_alive_end_it_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.gateway.processes._PAUSES", (0.0,) * 5)
    supervisor = Supervisor([sys.executable, "-c", "raise SystemExit(3)"], 2)
    assert await asyncio.wait_for(supervisor.run(), START) == 1


async def test_a_child_that_does_not_drain_is_killed(tmp_path: Path) -> None:
    supervisor = Supervisor([sys.executable, "-c", STUBBORN, str(tmp_path / "up")], 1, stop_timeout=0.2)
    running = asyncio.create_task(supervisor.run())
    await eventually((tmp_path / "up").exists, START)
    os.kill(os.getpid(), signal.SIGTERM)
    assert await asyncio.wait_for(running, START) == 0
