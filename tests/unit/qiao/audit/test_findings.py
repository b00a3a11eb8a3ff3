"""What is kept of findings: the newest, each once."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from libs.projections.auditing import Drift
from libs.vault import Vault
from libs.vault.sqlite import open_vault
from qiao.audit.findings import Findings


def drift(row: int) -> Drift:
    return Drift(
        projection="feeds",
        table="feeds.cards",
        kind="wrong",
        topic="posts",
        partition=0,
        key="k",
        row=f"[{row}]",
        stands="{}",
        should="{}",
    )


@pytest.fixture
async def vault(tmp_path: Path) -> AsyncIterator[Vault]:
    vault = await open_vault(tmp_path / "vault.db")
    await vault.migrate()
    yield vault
    await vault.close()


async def test_the_newest_are_kept_and_the_oldest_make_room(vault: Vault) -> None:
    findings = Findings(vault, kept=3)
    for row in range(5):
        await findings.keep(drift(row), row)
    assert [each.number for each in await findings.all()] == [5, 4, 3]
    assert await findings.get(2) is None
    assert (await findings.get(4) or pytest.fail("it is gone")).drift == drift(3)


async def test_the_same_drift_is_the_same_finding_until_it_was_repaired(vault: Vault) -> None:
    findings = Findings(vault)
    first = await findings.keep(drift(1), 1)
    again = await findings.keep(drift(1), 2)
    assert (again.number, again.found_at, again.seen_at, again.times) == (first.number, 1, 2, 2)
    await findings.put(msgspec.structs.replace(again, repaired_at=3))
    assert (await findings.keep(drift(1), 4)).number == first.number + 1
