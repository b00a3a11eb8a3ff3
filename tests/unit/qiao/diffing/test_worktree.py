"""The code of another tree is run where we stand: what the settings name from here, it finds, too. The tree goes."""

import asyncio
import os
import subprocess
from pathlib import Path

import pytest

from qiao.diffing import worktree
from qiao.diffing.worktree import THIS, CodeUnavailable, version
from qiao.replay.scratch import read_note
from tests.unit.qiao.story import small_story


async def test_live_is_the_same_log_for_every_version_of_the_code_wherever_the_settings_say_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("QIAO_DATA", raising=False)
    (tmp_path / "qiao-data").mkdir()
    (tmp_path / "qiao.py").write_text("raise SystemExit('this is not the code that was asked for')")
    await small_story().write(tmp_path / "qiao-data" / "log.db")
    await THIS.replay("live", tmp_path / "into", None)
    assert read_note(tmp_path / "into").events == 6


HOOK = """#!/bin/sh
echo > {begun}
read going_on < {go}
echo late > {late}
"""


def _git(repository: Path, *arguments: str) -> str:
    who = ("-c", "user.name=mei", "-c", "user.email=mei@example.org")
    command = ["git", *who, *arguments]
    return subprocess.run(command, cwd=repository, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of one commit; this program runs from there."""
    path = tmp_path / "repository"
    path.mkdir()
    _git(path, "init", "--quiet")
    _git(path, "commit", "--quiet", "--allow-empty", "-m", "the first")
    monkeypatch.setattr(worktree, "HERE", path)
    return path


def _trees(repository: Path) -> list[str]:
    listed = _git(repository, "worktree", "list", "--porcelain").splitlines()
    return [line for line in listed if line.startswith(("worktree", "locked"))]


async def _stays_inside() -> None:
    async with version("HEAD"):
        await asyncio.Event().wait()


async def test_what_is_interrupted_while_git_makes_the_tree_leaves_none_behind(
    repository: Path, tmp_path: Path
) -> None:
    begun, go, late = (tmp_path / name for name in ("begun", "go", "late"))
    for fifo in (begun, go):
        os.mkfifo(fifo)
    hook = repository / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(HOOK.format(begun=begun, go=go, late=late))
    hook.chmod(0o755)
    _git(repository, "config", "core.hooksPath", str(hook.parent))
    interrupted = asyncio.create_task(_stays_inside())
    await asyncio.to_thread(begun.read_text)
    interrupted.cancel()
    await asyncio.to_thread(go.write_text, "\n")
    with pytest.raises(asyncio.CancelledError):
        await interrupted
    assert late.read_text() == "late\n", "git was let come to its end"
    assert _trees(repository) == [f"worktree {repository}"]


async def test_a_tree_stands_as_long_as_it_is_used(repository: Path) -> None:
    async with version("HEAD"):
        assert len(_trees(repository)) == 2
    assert _trees(repository) == [f"worktree {repository}"]


async def test_a_tree_that_cannot_be_made_says_what_git_said(repository: Path) -> None:
    (repository / ".git" / "worktrees").write_text("no folder")
    with pytest.raises(CodeUnavailable, match="worktrees"):
        async with version("HEAD"):
            raise AssertionError
