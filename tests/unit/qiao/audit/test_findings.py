"""What is kept of findings: the newest, each once."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn, cast

import msgspec
import pytest

from libs.events.standins import stand_in
from libs.projections.auditing import Drift, Found, Report
from libs.vault import Vault
from libs.vault.sqlite import open_vault
from qiao.audit import running
from qiao.audit.findings import Finding, Findings
from qiao.audit.running import Audited, Repair, is_over, keep
from qiao.audit.showing import explained, line_of, summary
from qiao.stores import Stores
from tests.unit.qiao.story import small_story


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
    await findings.change(again, repaired_at=3)
    assert (await findings.keep(drift(1), 4)).number == first.number + 1


async def test_a_finding_that_is_gone_is_another_one_when_it_comes_back(vault: Vault) -> None:
    findings = Findings(vault)
    first = await findings.keep(drift(1), 1)
    await findings.change(first, gone_at=3)
    assert (await findings.keep(drift(1), 4)).number == first.number + 1


REPAIRED = {"repaired_at": 3, "actor": "op", "reason": "mended"}


class _Overtaken(Findings):
    """Between its reading and its writing somebody repairs what it has read."""

    async def all(self) -> Sequence[Finding]:
        found = await super().all()
        for each in found:
            await self.change(each, **REPAIRED)
        return found


async def test_a_repair_stays_on_record_when_an_audit_that_read_the_finding_before_writes_after(vault: Vault) -> None:
    finding = await Findings(vault).keep(drift(1), 1)
    kept = await _Overtaken(vault).keep(drift(1), 2)
    assert kept == msgspec.structs.replace(finding, **REPAIRED)
    assert await Findings(vault).all() == [kept]


async def test_two_who_change_a_finding_at_once_both_have_their_say(vault: Vault) -> None:
    findings = Findings(vault)
    finding = await findings.keep(drift(1), 1)
    await asyncio.gather(*(findings.keep(drift(1), now) for now in range(2, 6)), findings.change(finding, actor="op"))
    told = await findings.get(finding.number) or pytest.fail("it is gone")
    assert (told.times, told.actor) == (5, "op")


async def test_a_finding_that_made_room_does_not_come_back(vault: Vault) -> None:
    findings = Findings(vault, kept=1)
    first = await findings.keep(drift(1), 1)
    second = await findings.keep(drift(2), 2)
    assert (await findings.change(first, gone_at=3)).gone_at == 3
    assert await findings.all() == [second]


async def test_a_row_that_another_has_repaired_meanwhile_is_not_repaired_again(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "Findings", _Overtaken)
    await Findings(vault).keep(drift(1), 1)
    stores = cast("Stores", SimpleNamespace(vault=vault, views=None))
    audited = await keep(stores, Report(0, 0, (Found(drift(1), None),)), Repair("other", "also"))
    assert [(each.actor, each.repaired_at) for each in audited.found] == [("op", 3)]


FINDING = Finding(number=7, drift=drift(1), found_at=1, seen_at=1)


@pytest.mark.parametrize(
    ("again", "over"),
    [
        (Report(1, 0, ()), True),
        (Report(2, 0, (Found(drift(2), None),)), True),
        (Report(2, 0, (Found(drift(1), None),)), False),
        (Report(2, 1, ()), False),
        (Report(0, 0, ()), False),
    ],
    ids=["all agrees", "another row differs", "it differs still", "not all is certain", "nothing was looked at"],
)
def test_a_finding_is_over_once_an_audit_of_it_is_certain_and_does_not_come_upon_it(again: Report, over: bool) -> None:
    assert is_over(FINDING, again) is over


async def test_looking_again_at_a_finding_that_is_over_closes_it(vault: Vault) -> None:
    findings = Findings(vault)
    finding = await findings.keep(drift(1), 1)
    stores = cast("Stores", SimpleNamespace(vault=vault))
    await keep(stores, Report(0, 1, ()), about=finding)
    assert (await findings.get(finding.number) or pytest.fail("it is gone")).stands
    await keep(stores, Report(1, 0, ()), about=finding)
    assert not (await findings.get(finding.number) or pytest.fail("it is gone")).stands


async def test_who_repairs_a_row_and_why_is_on_record_before_it_is_written(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """The process is gone."""

    async def dies(*_: object) -> NoReturn:
        raise Killed

    monkeypatch.setattr(running, "repair", dies)
    stores = cast("Stores", SimpleNamespace(vault=vault, views=None))
    with pytest.raises(Killed):
        await keep(stores, Report(0, 0, (Found(drift(1), None),)), Repair("op", "mended"))
    [finding] = await Findings(vault).all()
    assert (finding.actor, finding.reason, finding.stands) == ("op", "mended", True)


def test_a_finding_says_whether_it_stands_is_gone_or_was_repaired() -> None:
    gone = msgspec.structs.replace(FINDING, gone_at=1_000)
    assert line_of(FINDING).endswith("stands")
    assert "  gone 1970-01-01" in line_of(gone)
    assert "the row is what its events make of it" in explained(gone, {})


def test_an_extra_row_is_not_called_repaired_before_anybody_saw_it_vanish() -> None:
    extra = msgspec.structs.replace(FINDING, vanishing_at=1_000, actor="op", reason="it is a ghost")
    assert "rewritten to vanish" in line_of(extra)
    assert "qiao audit --finding 7 tells whether it has" in explained(extra, {})
    told = summary(Audited(agreed=1, passed_over=0, found=[extra]))[-1]
    assert "repaired" not in told
    assert "1 too many, rewritten to vanish within a minute" in told
    repaired = msgspec.structs.replace(FINDING, repaired_at=1_000)
    told = summary(Audited(agreed=1, passed_over=0, found=[extra, repaired]))[-1]
    assert "1 row was not, and is repaired, 1 too many" in told


def test_what_people_wrote_shows_as_stand_ins_in_a_finding() -> None:
    token = msgspec.json.decode(small_story().records[2].value)["text"]
    spoilt = msgspec.structs.replace(drift(1), stands=msgspec.json.encode({"text": token}).decode(), should="{}")
    told = explained(msgspec.structs.replace(FINDING, drift=spoilt), {})
    assert "s1.text." not in told
    assert f'- text: "{stand_in(token)}"' in told
