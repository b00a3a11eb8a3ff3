"""Output into a pipe whose other end has had enough."""

import os
from collections.abc import Callable

import pytest
from rich.console import Console

from qiao.commands.piping import piped


@pytest.mark.parametrize("say", [lambda: print("one line"), lambda: Console().print("one line")])
def test_a_reader_who_has_had_enough_is_no_failure_by_whatever_it_is_printed(
    monkeypatch: pytest.MonkeyPatch, say: Callable[[], None]
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    monkeypatch.setattr("sys.stdout", os.fdopen(writing, "w"))
    with piped():
        say()


def test_another_exit_goes_on() -> None:
    with pytest.raises(SystemExit), piped():
        raise SystemExit(1)
