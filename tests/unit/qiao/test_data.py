"""A data directory that cannot be used is refused in one line that names the file and says what to do."""

import errno
from collections.abc import Mapping
from pathlib import Path

import pytest

from qiao.settings import SettingsInvalid, load
from qiao.stores import open_stores
from tests.e2e.commands import run

KEYS = {"QIAO_SECRET": "s" * 32, "QIAO_MASTER_KEY": "ab" * 32}


async def refusal(data: Path, given: Mapping[str, str] = KEYS) -> str:
    """What opening it says."""
    with pytest.raises(SettingsInvalid) as refused:
        async with open_stores(load({"QIAO_DATA": str(data), **given})):
            pass
    return str(refused.value)


@pytest.mark.parametrize("given", [KEYS, {}], ids=["keys given", "keys to be made"])
async def test_a_file_in_place_of_the_directory_is_named(tmp_path: Path, given: Mapping[str, str]) -> None:
    data = tmp_path / "data"
    data.touch()
    said = await refusal(data, given)
    assert str(data) in said
    assert "must be a directory that this user may write to" in said


async def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert str(tmp_path / "file" / "data") in await refusal(tmp_path / "file" / "data")


async def test_a_directory_that_may_not_be_written_to_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*args: object, **kwargs: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied", str(tmp_path))

    monkeypatch.setattr("qiao.secrets.os.open", denied)
    said = await refusal(tmp_path, {})
    assert f"{tmp_path}: Permission denied" in said
    assert "may write to" in said


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"secret": 3, "master_key": ""}', b'{"secret": "s", "master_key": "zz"}']
)
async def test_damaged_secrets_are_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "secrets.json").write_bytes(content)
    said = await refusal(tmp_path, {})
    assert "secrets.json is damaged" in said
    assert "restore it from a copy, or set QIAO_SECRET and QIAO_MASTER_KEY" in said


async def test_secrets_that_are_damaged_are_not_repeated(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_bytes(b'{"secret": "hunter2", "master_key": "hunter3"}')
    assert "hunter" not in await refusal(tmp_path, {})


@pytest.mark.parametrize("name", ["log.db", "vault.db", "views.db"])
async def test_a_damaged_database_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"no database at all" * 500)
    said = await refusal(tmp_path)
    assert str(tmp_path / name) in said
    assert "restore it from a copy" in said


@pytest.mark.parametrize("name", ["log.db", "vault.db", "views.db"])
async def test_a_database_that_cannot_be_opened_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    said = await refusal(tmp_path)
    assert str(tmp_path / name) in said


@pytest.mark.slow
async def test_the_command_says_it_in_one_line_and_ends_with_two(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    ended = await run("up", QIAO_DATA=str(tmp_path / "data"))
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"qiao: {tmp_path / 'data'}: ")
    assert len(ended.stderr.splitlines()) == 1
