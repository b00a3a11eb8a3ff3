"""`qiao replay`: what goes where."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from qiao import cli
from tests.unit.qiao.story import small_story


def test_beside_json_what_is_served_is_told_on_standard_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    log = asyncio.run(small_story().write(tmp_path / "log.db"))

    @asynccontextmanager
    async def serving(*_: object) -> AsyncIterator[object]:
        task = asyncio.current_task()
        assert task is not None
        ctrl_c = task.cancel

        def token(_: object) -> str:
            asyncio.get_running_loop().call_soon(ctrl_c)
            return "t"

        yield SimpleNamespace(port=8090, token=token)

    monkeypatch.setattr("qiao.commands.replay.serving", serving)
    command = f"qiao replay {log} --into {tmp_path / 'r'} --serve 127.0.0.1:8090 --as mei --json"
    monkeypatch.setattr("sys.argv", command.split())
    with pytest.raises(SystemExit) as ended:
        cli.main()
    shown = capsys.readouterr()
    assert ended.value.code == 130
    assert json.loads(shown.out)["records"] == 6
    assert "The platform as of" in shown.err
    assert "As @mei: curl" in shown.err


def test_a_digest_as_json_says_of_what_moment_it_is_and_how_it_was_folded(tmp_path: Path) -> None:
    log = asyncio.run(small_story().write(tmp_path / "log.db"))
    stepped = [
        "replay",
        str(log),
        "--into",
        str(tmp_path / "r"),
        "--break",
        'type == "PostLiked"',
        "--until",
        "2025-02-01",
    ]
    assert CliRunner().invoke(cli.qiao, stepped, input="quit\n").exit_code == 0
    digest = json.loads(CliRunner().invoke(cli.qiao, ["digest", str(tmp_path / "r"), "--json"]).stdout)
    assert (digest["state"], digest["pieces"]) == ("running", True)
    assert digest["as_of"].startswith("2025-0")
    assert {"table", "kind", "rows", "sha256"} == digest["tables"][0].keys()
    assert CliRunner().invoke(cli.qiao, stepped, input="continue\n").exit_code == 0
    ended = json.loads(
        CliRunner().invoke(cli.qiao, ["digest", str(tmp_path / "r"), "--json", "--as-of", "2025-03-01T00:00Z"]).stdout
    )
    assert (ended["as_of"], ended["state"]) == ("2025-03-01T00:00:00+00:00", "done")


def test_beside_json_the_conversation_at_a_stop_is_on_standard_error(tmp_path: Path) -> None:
    log = asyncio.run(small_story().write(tmp_path / "log.db"))
    command = ["replay", str(log), "--into", str(tmp_path / "r"), "--break", 'type == "PostLiked"', "--json"]
    answered = CliRunner().invoke(cli.qiao, command, input="what?\nuntil type ==\ncontinue\n")
    assert answered.exit_code == 0
    assert json.loads(answered.stdout)["records"] == 6
    for told in ("PostLiked", "n(ext), c(ontinue)", "'what?' is none of", "this is no expression"):
        assert told in answered.stderr
