"""Whoever reads the output of a command may have had enough of it: the command ends as if all had been read."""

import asyncio
import os
import shlex
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from libs.projections.rebuilding import Compared, Differs, Paused, Rebuild
from libs.projections.redrive import Request
from qiao import cli, migration
from qiao.commands.unparking import Ended, _tell
from qiao.settings import Settings
from qiao.stores import open_stores
from tests.unit.qiao.story import small_story

pytestmark = pytest.mark.slow

COMMANDS = (
    "--help",
    "settings",
    "events grep --type PostCreated",
    "events show 'posts[0]@999'",
    "sql live 'select type from events'",
    "capture all.qiao",
    "replay live --into r --json",
    "replay live --into r --step",
    "audit show",
    "parked list",
    "rebuild posts --status",
    "rebuild posts --without-workers --json",
    "capacity --help",
)


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QIAO_DATA", "data")
    asyncio.run(_told(Settings(data="data")))


async def _told(settings: Settings) -> None:
    async with open_stores(settings) as stores:
        await migration.migrate(stores, settings)
        await stores.log.restore(small_story().records)  # type: ignore[attr-defined]


def _closed() -> int:
    reading, writing = os.pipe()
    os.close(reading)
    return writing


def _status(monkeypatch: pytest.MonkeyPatch, command: str, output: int) -> object:
    """Of the command; what it says goes to `output`."""
    with monkeypatch.context() as patched, open(output, "w") as out, open(os.devnull) as nothing:
        patched.setattr(sys, "argv", ["qiao", *shlex.split(command)])
        patched.setattr(sys, "stdout", out)
        patched.setattr(sys, "stdin", nothing)
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return ended.value.code or 0


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_ends_as_if_all_that_it_says_had_been_read(monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    closed = _status(monkeypatch, command, _closed())
    if command.startswith("capture"):
        Path("all.qiao").unlink()
    assert closed == _status(monkeypatch, command, os.open(os.devnull, os.O_WRONLY))


@pytest.mark.parametrize(("error", "status"), [(Paused(), 3), (Differs(Compared(0, 0, [], 0), 1), 1)])
def test_a_rebuild_that_did_not_swap_says_so_by_its_status_whoever_reads_on(
    monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    async def ended(*_: object, **__: object) -> NoReturn:
        raise error

    monkeypatch.setattr(Rebuild, "build", ended)
    assert _status(monkeypatch, "rebuild posts --without-workers", _closed()) == status


def test_a_redrive_that_failed_says_so_by_its_status_whoever_reads_on(monkeypatch: pytest.MonkeyPatch) -> None:
    request = Request(action="redrive", key="k", actor="a", reason="r", state="failed", outcome="failed again")

    def tell(**_: object) -> None:
        _tell(Ended(request, 0), json=True)

    monkeypatch.setattr(cli, "qiao", tell)
    assert _status(monkeypatch, "parked redrive", _closed()) == 1
