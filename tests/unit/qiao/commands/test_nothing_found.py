"""Where there is no such thing, that is an answer: status 1, and one line."""

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner

from qiao.cli import qiao
from tests.unit.qiao.story import id_at, small_story


@pytest.mark.parametrize(
    "line",
    [
        "events show posts[0]@999 --source {log}",
        f"events show {id_at(99)} --source {{log}}",
        f"at now --source {{log}} card {id_at(99)}",
        "at now --source {log} home nobody",
        "at now --source {log} profile nobody",
    ],
)
def test_what_is_not_there_is_an_answer_and_no_trouble(tmp_path: Path, line: str) -> None:
    log = asyncio.run(small_story().write(tmp_path / "log.db"))
    done = CliRunner().invoke(qiao, line.format(log=log).split())
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("qiao: ")
    assert len(done.stderr.splitlines()) == 1
