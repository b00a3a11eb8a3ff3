"""A document's shell sessions, typed into a real shell, and what it promises held against what they print.

A line `$ ...` of a console block is typed, with the lines behind a `\\` at its end. The lines below it are promised, in
this order, with others between them. `...` ends a line that goes on otherwise; alone it says nothing. Ids, times,
places and what else is another each time are not compared.
"""

import os
import re
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Timer
from types import TracebackType
from typing import NamedTuple

_BLOCK = re.compile(r"^```(sh|console|diff)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CHANGING = (
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "ID"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "TRACE"),
    (re.compile(r"\([0-9a-f]{10}\)"), "(COMMIT)"),
    (re.compile(r"(\d{4}-\d\d-\d\d[ T])?\d\d:\d\d:\d\d(\.\d+)?( ?[+-]\d\d:?\d\d|Z)?"), "TIME"),
    (re.compile(r"\[\d+\](@\d+)?"), "[PLACE]"),
    (re.compile(r"source=\d+|(?<=\",)\d+(?=[,\]])|(?<=, )\d+(?=[,)])|\d+(?= rows (are )?alike)|\b\d+ ms\b"), "NUMBER"),
    (re.compile(r"\b\d{4,}\b"), "NUMBER"),
    (re.compile(r"\s+"), " "),
)
_END = "@@@"

PATIENCE = 60.0
"""Seconds for one command."""


class Command(NamedTuple):
    """What is typed, and what it promises to print."""

    text: str
    promised: tuple[str, ...]

    @property
    def stays(self) -> bool:
        """Whether it goes on in the background."""
        return self.text.endswith("&")


class Patch(NamedTuple):
    """What is changed in the code."""

    text: str


def section_of(document: str, title: str) -> str:
    """From this heading of the second level to the next one."""
    return re.split(r"^## ", document.split(f"\n## {title}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def steps_of(text: str) -> list[Command | Patch]:
    """What its blocks of sh, console and diff ask for, in their order."""
    found: list[Command | Patch] = []
    for kind, body in _BLOCK.findall(text):
        if kind == "diff":
            found.append(Patch(body))
        elif kind == "sh":
            found.append(Command(body.rstrip(), ()))
        else:
            found += map(_command, re.split(r"^\$ ", body, flags=re.MULTILINE)[1:])
    return found


def _command(text: str) -> Command:
    lines = text.rstrip().split("\n")
    end = next(number for number, line in enumerate(lines, 1) if not line.endswith("\\"))
    return Command("\n".join(lines[:end]), tuple(lines[end:]))


def lacking(promised: Sequence[str], printed: Sequence[str]) -> str | None:
    """The first promised line that is not there behind those before it."""
    rest = iter([_plain(line) for line in printed])
    meant = [line for line in promised if line.strip() not in ("", "...")]
    return next((line for line in meant if not any(_meets(line, each) for each in rest)), None)


def _meets(promised: str, printed: str) -> bool:
    begin, cut, _ = promised.rstrip().partition("...") if promised.rstrip().endswith("...") else (promised, "", "")
    return printed.startswith(_plain(begin)) if cut else printed == _plain(promised)


def _plain(line: str) -> str:
    for pattern, name in _CHANGING:
        line = pattern.sub(name, line)
    return line.strip()


class Shell:
    """A bash that is typed into."""

    def __init__(self, directory: Path, environment: Mapping[str, str]) -> None:
        """Ends with the block, and with it what it has in the background."""
        self._process = subprocess.Popen(
            ["bash", "--norc"],
            cwd=directory,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def typed(self, command: Command) -> tuple[int, list[str]]:
        """Its status and what was printed until its end; in the background, until it has said what it promises.

        Raises AssertionError with what it has printed if that takes too long.
        """
        assert self._process.stdin is not None
        self._process.stdin.write(f'{command.text}\necho "{_END}$?"\n')
        self._process.stdin.flush()
        printed: list[str] = []
        impatience = Timer(PATIENCE, self._end)
        impatience.start()
        try:
            while not (line := self._line(command, printed)).startswith(_END):
                printed.append(line)
            while command.stays and lacking(command.promised, printed) is not None:
                printed.append(self._line(command, printed))
        finally:
            impatience.cancel()
        return int(line.removeprefix(_END)), printed

    def _line(self, command: Command, printed: Sequence[str]) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "\n".join([f"$ {command.text}", *printed, "-- has not come to its end"])
        return line.rstrip("\n")

    def _end(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def __enter__(self) -> "Shell":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Whatever it has started ends."""
        self._end()
        self._process.communicate()
