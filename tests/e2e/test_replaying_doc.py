"""The three investigations of docs/replaying.md, typed one line after the other, show what the document shows."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import qiao
from qiao.servers.ports import free_port
from tests.e2e.commands import environment
from tests.e2e.transcript import Command, Patch, Shell, lacking, section_of, steps_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

ROOT = Path(qiao.__file__).parents[1]
DOCUMENT = ROOT / "docs" / "replaying.md"
TITLE = "Three investigations"
ADDRESS, REPLAY = "127.0.0.1:8080", "127.0.0.1:8090"
TOOLS = ("bash", "curl", "git", "jq")
PARTS = ("bench", "docs", "libs", "qiao", "services", "tests", "pyproject.toml", "README.md", ".gitignore")


def test_three_investigations_find_what_the_document_says(tmp_path: Path) -> None:
    """Each patch goes in, each line is typed, and each line below it is printed; a line without one must succeed."""
    if lacks := [tool for tool in TOOLS if shutil.which(tool) is None]:
        pytest.skip(f"the document's examples use {', '.join(lacks)}, not installed here")
    address = f"127.0.0.1:{free_port()}"
    steps = steps_of(_at(address, section_of(DOCUMENT.read_text(), TITLE)))
    assert {type(step) for step in steps} == {Command, Patch}
    tree = _clone(tmp_path)
    with Shell(tree, _environment(tmp_path, tree, address)) as shell:
        for step in steps:
            if isinstance(step, Patch):
                _git(tree, "apply", "-", given=step.text)
                continue
            status, printed = shell.typed(step)
            told = "\n".join([f"$ {step.text}", *printed])
            assert status == 0 or step.promised, told
            assert (line := lacking(step.promised, printed)) is None, f"{told}\n-- lacks: {line}"


def test_a_line_is_promised_in_its_order_and_but_for_what_changes() -> None:
    printed = ["09:30:00.123  posts[3]@17  by @mei", "  1 row", "the tally says 2, at 281474976710656"]
    assert lacking(["10:00:00.456  posts[11]@2  by @mei", "...", "the tally ..."], printed) is None
    assert lacking(["the tally says 2, at 281474976710999"], printed) is None
    assert lacking(["the tally says 3, at 281474976710656"], printed) is not None
    assert lacking(["the tally says 2"], printed) == "the tally says 2"
    assert lacking(["1 row", "09:30:00.123  posts[3]@17  by @mei"], printed) is not None


def test_a_command_that_does_not_end_is_ended_with_what_it_has_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.e2e.transcript.PATIENCE", 0.5)
    with Shell(tmp_path, os.environ) as shell, pytest.raises(AssertionError, match="so far"):
        shell.typed(Command("echo so far; cat /dev/zero > /dev/null", ()))


def _at(address: str, text: str) -> str:
    """With that of the platform, and a free one for the replay."""
    return text.replace(ADDRESS, address).replace(REPLAY, f"127.0.0.1:{free_port()}")


def _clone(directory: Path) -> Path:
    """The code as it is now, committed once."""
    tree = directory / "clone"
    tree.mkdir()
    for name in PARTS:
        source, target = ROOT / name, tree / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    for arguments in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--message", "As it was")):
        _git(tree, *arguments)
    return tree


def _environment(directory: Path, tree: Path, address: str) -> dict[str, str]:
    """With `qiao` and `pytest` of this environment on that tree's code."""
    programs = directory / "programs"
    programs.mkdir()
    for name in ("qiao", "pytest"):
        (programs / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {name} "$@"\n')
        (programs / name).chmod(0o755)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    return environment({"PYTHONPATH": str(tree), "PATH": path, "QIAO_LISTEN": address}) | _IDENTITY


_IDENTITY = {
    f"GIT_{role}_{what}": value
    for role in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Reader"), ("EMAIL", "reader@qiao.example"))
}


def _git(tree: Path, *arguments: str, given: str = "") -> None:
    done = subprocess.run(
        ["git", *arguments],
        cwd=tree,
        input=given,
        env=os.environ | _IDENTITY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
