"""Secrets: as given, or made once and kept for the owner's eyes."""

import os
import stat
from pathlib import Path

import pytest

from qiao.secrets import Secrets, secrets_of
from qiao.settings import Settings


def test_what_is_given_is_used_and_the_newest_signs() -> None:
    secrets = secrets_of(Settings(secret=f"{'n' * 32},{'o' * 32}", master_key="ab" * 32))
    assert secrets.signing == (b"o" * 32, b"n" * 32)
    assert secrets.master_key == bytes.fromhex("ab" * 32)


def test_what_is_not_given_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    settings = Settings(data=str(tmp_path / "new"))
    first, again = secrets_of(settings), secrets_of(settings)
    assert first == again
    assert len(first.master_key) == 32
    assert stat.S_IMODE((tmp_path / "new" / "secrets.json").stat().st_mode) == 0o600


def test_a_draft_that_a_killed_process_left_is_gone_after_the_next_start(tmp_path: Path) -> None:
    draft, other = tmp_path / f"secrets.{'a1' * 8}", tmp_path / "secrets.mine"
    for file in (draft, other):
        file.write_text("both keys")
    kept = secrets_of(Settings(data=str(tmp_path)))
    assert not draft.exists()
    draft.write_text("of one that died later")
    assert secrets_of(Settings(data=str(tmp_path))) == kept
    assert not draft.exists()
    assert other.exists()


def test_whose_draft_was_removed_by_a_process_that_came_first_keeps_what_that_one_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link, first = os.link, Settings(data=str(tmp_path))
    there: list[Secrets] = []

    def too_late(draft: Path, path: Path) -> None:
        monkeypatch.setattr(os, "link", link)
        there.append(secrets_of(first))
        os.link(draft, path)

    monkeypatch.setattr(os, "link", too_late)
    assert secrets_of(first) == there[0]
    assert [file.name for file in tmp_path.iterdir()] == ["secrets.json"]


def test_every_purpose_has_keys_of_its_own() -> None:
    secrets = secrets_of(Settings(secret="s" * 32, master_key="ab" * 32))
    assert secrets.derived("cursors") != secrets.derived("positions")
    assert len(secrets.derived("cursors")[0]) == 32


def test_they_do_not_show() -> None:
    assert "ssss" not in repr(secrets_of(Settings(secret="s" * 32, master_key="ab" * 32)))
