"""The names that a slice's test may have, and what an interruption leaves of its files."""

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from libs.log.slices.plan import CaptureDiffers
from qiao.asserting import CaseFiles, CaseRefused, case_files
from qiao.cli import qiao
from tests.unit.qiao.story import small_story


@pytest.mark.parametrize("name", ["", "Mei", "1st", "a-b", "../up", "a" * 61])
def test_a_name_that_python_could_not_import_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(CaseRefused, match="no name for a test"):
        case_files(name, tmp_path)


def test_a_test_is_never_written_over(tmp_path: Path) -> None:
    case_files("mei", tmp_path).code.write_text("")
    with pytest.raises(CaseRefused, match="is there already"):
        case_files("mei", tmp_path)


def test_rows_of_no_slice_are_never_written_over(tmp_path: Path) -> None:
    case_files("mei", tmp_path).rows.write_text("{}")
    with pytest.raises(CaseRefused, match="is there already"):
        case_files("mei", tmp_path)


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small log; this is the folder where tests go."""
    monkeypatch.chdir(tmp_path)
    return asyncio.run(small_story().write(tmp_path / "log.db"))


def capture(log: Path, *arguments: str) -> Result:
    return CliRunner().invoke(qiao, ["capture", "--source", str(log), *arguments])


NAMES = ("mei.qiao", "mei.rows.json", "test_mei.py")
AS_TEST = ("--as-test", "mei", "--account", "@mei", "--closure")


@pytest.mark.parametrize("missing", [("code",), ("rows", "code")])
def test_the_same_command_goes_on_with_the_files_that_an_interruption_has_left(
    log: Path, missing: tuple[str, ...]
) -> None:
    assert capture(log, *AS_TEST).exit_code == 0
    files = CaseFiles(*(Path("tests/slices", name) for name in NAMES))
    whole = [path.read_bytes() for path in files]
    for each in missing:
        getattr(files, each).unlink()
    again = capture(log, *AS_TEST)
    assert again.exit_code == 0, again.output
    assert [path.read_bytes() for path in files] == whole
    assert sorted(path.name for path in Path("tests/slices").iterdir()) == sorted(NAMES)


def test_rows_that_someone_has_changed_stay_as_they_are(log: Path) -> None:
    assert capture(log, *AS_TEST).exit_code == 0
    Path("tests/slices/mei.rows.json").write_text("{}")
    Path("tests/slices/test_mei.py").unlink()
    again = capture(log, *AS_TEST)
    assert again.exit_code == 0, again.output
    assert "test_mei.py holds 0 rows" in again.stdout
    assert Path("tests/slices/mei.rows.json").read_text() == "{}"


def test_another_capture_does_not_go_on_with_them(log: Path) -> None:
    assert capture(log, *AS_TEST).exit_code == 0
    Path("tests/slices/test_mei.py").unlink()
    other = capture(log, "--as-test", "mei", "--account", "@lin", "--closure")
    assert isinstance(other.exception, CaptureDiffers)
    assert "mei.qiao is there already, and it was begun with another selection" in str(other.exception)
    assert not Path("tests/slices/test_mei.py").exists()
