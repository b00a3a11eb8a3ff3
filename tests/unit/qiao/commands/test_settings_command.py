"""`qiao settings` lists every variable."""

import pytest
from click.testing import CliRunner

from qiao.cli import qiao
from qiao.settings import PREFIX, meanings


def test_every_variable_is_listed_with_what_it_is_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("QIAO_LIMIT_PER_ACCOUNT", "17/hour")
    result = CliRunner().invoke(qiao, ["settings"])
    assert result.exit_code == 0
    assert "17/hour" in result.output
    for name in meanings():
        assert f"{PREFIX}{name.upper()}" in result.output
