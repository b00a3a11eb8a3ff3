"""Secrets: as given, or made once and kept for the owner's eyes."""

import stat
from pathlib import Path

from qiao.secrets import secrets_of
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


def test_every_purpose_has_keys_of_its_own() -> None:
    secrets = secrets_of(Settings(secret="s" * 32, master_key="ab" * 32))
    assert secrets.derived("cursors") != secrets.derived("positions")
    assert len(secrets.derived("cursors")[0]) == 32


def test_they_do_not_show() -> None:
    assert "ssss" not in repr(secrets_of(Settings(secret="s" * 32, master_key="ab" * 32)))
