"""A try is refused what the gateway would refuse of the request itself, before anything is decided."""

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from qiao.cli import qiao
from tests.unit.qiao.story import FIRST, small_story


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return asyncio.run(small_story().write(tmp_path / "log.db"))


def tried(log: Path, *arguments: str) -> Result:
    return CliRunner().invoke(qiao, ["try", "now", "--source", str(log), *arguments])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("post", "lin", "hi", "--lang", "!!"), "/lang: Expected: A BCP 47 tag"),
        (("post", "lin", "x" * 5_001), "/text: Expected `str` of length <= 5000"),
        (("post", "lin", ""), "/text: Expected `str` of length >= 1"),
        (("edit", "mei", str(FIRST), "x" * 5_001), "/text: Expected `str` of length <= 5000"),
    ],
    ids=["no language", "too long", "empty", "too long an edit"],
)
def test_a_request_that_the_gateway_would_not_take_is_refused(log: Path, arguments: tuple[str, ...], said: str) -> None:
    refused = tried(log, *arguments)
    assert refused.exit_code == 1, refused.output
    assert said in refused.stdout
    told = tried(log, "--json", *arguments)
    assert told.exit_code == 1
    assert json.loads(told.stdout) == {"refused": "invalid", "events": [], "rows": []}


def test_what_is_just_within_the_bounds_is_tried(log: Path) -> None:
    said = tried(log, "--json", "post", "lin", "x" * 5_000, "--lang", "zh-Hant")
    assert said.exit_code == 0, said.output
    assert len(json.loads(said.stdout)["events"]) == 1
