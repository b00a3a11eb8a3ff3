"""The code of another tree is run where we stand: what the settings name from here, it finds, too."""

from pathlib import Path

import pytest

from qiao.diffing.worktree import THIS
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
