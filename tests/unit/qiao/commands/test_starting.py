"""The first second of a command."""

import asyncio
import os
import runpy
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from qiao import migration
from qiao.commands import run
from qiao.settings import Settings


class _Interrupted:
    """Ctrl-C comes while this module is looked for."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """See importlib."""
        if name == "qiao.cli":
            raise KeyboardInterrupt
        return None


def test_ctrl_c_while_the_program_is_read_ends_it_without_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "qiao.cli", raising=False)
    monkeypatch.setattr(sys, "meta_path", [_Interrupted(), *sys.meta_path])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("qiao", run_name="__main__")
    assert ended.value.code == 130


@pytest.mark.parametrize(
    "role",
    [lambda settings: run._worker(settings, ["feeds"]), lambda settings: run._gateway(settings, shared=False)],
    ids=["worker", "gateway"],
)
async def test_what_is_told_to_stop_while_it_waits_for_migrate_ends_at_once(
    role: Callable[[Settings], Coroutine[None, None, None]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop, waits, verify = asyncio.Event(), asyncio.Event(), migration.verify

    @contextmanager
    def told() -> Iterator[asyncio.Event]:
        yield stop

    async def seen(*asked: Any) -> None:
        waits.set()
        await verify(*asked)

    monkeypatch.setattr(run, "stop_requested", told)
    monkeypatch.setattr(migration, "verify", seen)
    settings = Settings(data=str(tmp_path), listen="127.0.0.1:0", start_timeout=60)
    ending = asyncio.ensure_future(run._also_while_it_starts(role(settings)))
    await asyncio.wait_for(waits.wait(), 10)
    stop.set()
    await asyncio.wait_for(ending, 10)


def test_what_is_told_to_stop_while_its_servers_are_away_ends_at_once() -> None:
    nobody = {
        "QIAO_LOG": "kafka://127.0.0.1:1",
        "QIAO_VIEWS": "cassandra://127.0.0.1:1/qiao",
        "QIAO_START_TIMEOUT": "60",
    }
    secrets = {"QIAO_SECRET": "ab" * 32, "QIAO_MASTER_KEY": "cd" * 32}
    command = [sys.executable, "-m", "qiao", "worker", "feeds"]
    with subprocess.Popen(command, env=os.environ | nobody | secrets, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert process.stderr.readline(), "it says that it waits for its servers"
        process.terminate()
        assert process.wait(10) == 0
