"""The lock files: everything by hash, from whatever index the machine that installs has."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_every_package_has_a_hash_and_no_index_is_named(name: str) -> None:
    text = (ROOT / name).read_text()
    assert not re.search(r"://|--(extra-)?index|--find-links|--trusted-host", text)
    packages = re.split(r"\n(?=\S)", text.replace("\\\n", " ").strip())
    assert len(packages) > 20
    for package in packages:
        assert re.match(r"[a-z0-9._\[\]-]+==\S+ ", package), package
        assert "--hash=sha256:" in package, package
