"""The names that a slice's test may have."""

from pathlib import Path

import pytest

from qiao.asserting import CaseRefused, case_files


@pytest.mark.parametrize("name", ["", "Mei", "1st", "a-b", "../up", "a" * 61])
def test_a_name_that_python_could_not_import_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(CaseRefused, match="no name for a test"):
        case_files(name, tmp_path)


def test_a_test_is_never_written_over(tmp_path: Path) -> None:
    case_files("mei", tmp_path).code.write_text("")
    with pytest.raises(CaseRefused, match="is there already"):
        case_files("mei", tmp_path)
