"""The cores of a container, not those of its node."""

from pathlib import Path

import pytest

from libs.cores import usable_cores


@pytest.fixture(autouse=True)
def a_large_node(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 32)


@pytest.mark.parametrize(("limit", "cores"), [("150000 100000", 2), ("50000 100000", 1), ("9900000 100000", 32)])
def test_a_limit_of_a_container_bounds_the_cores(tmp_path: Path, limit: str, cores: int) -> None:
    (tmp_path / "cpu.max").write_text(f"{limit}\n")
    assert usable_cores(tmp_path) == cores


@pytest.mark.parametrize(("quota", "cores"), [("150000", 2), ("-1", 32)])
def test_a_limit_of_an_older_kind_of_control_group_bounds_the_cores(tmp_path: Path, quota: str, cores: int) -> None:
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text(f"{quota}\n")
    (tmp_path / "cpu" / "cpu.cfs_period_us").write_text("100000\n")
    assert usable_cores(tmp_path) == cores


@pytest.mark.parametrize("limit", ["max 100000", "not a limit", ""])
def test_without_a_limit_all_cores_of_the_node_are_usable(tmp_path: Path, limit: str) -> None:
    (tmp_path / "cpu.max").write_text(limit)
    assert usable_cores(tmp_path) == 32


def test_without_control_groups_all_cores_of_the_node_are_usable(tmp_path: Path) -> None:
    assert usable_cores(tmp_path / "none") == 32
