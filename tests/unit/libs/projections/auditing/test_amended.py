"""Audits keep to what operators decided about single events."""

from libs.projections.auditing import Auditor
from libs.projections.redrive import Edit
from libs.projections.tables import Tally
from libs.views import Put
from tests.unit.libs.projections.lab import AMY, BOB, REACTIONS, Lab, an_id, like
from tests.unit.libs.projections.toy import TALLIES

INSTEAD = Edit(version=1, data=f'{{"account":"{AMY}","post":"{an_id(101)}"}}')
"""AMY likes post 1, not post 0."""


async def _edited_and_discarded(lab: Lab) -> Auditor:
    await lab.append(like(AMY), like(BOB), like(AMY, 2))
    lab.toy.broken.add(AMY)
    owner = await lab.process(REACTIONS)
    await owner.worker.fold(await lab.records(REACTIONS))
    lab.toy.broken.clear()
    assert (await lab.redrive(REACTIONS, AMY, 0, "edit", INSTEAD)).state == "done"
    assert (await lab.redrive(REACTIONS, AMY, 2, "discard")).state == "done"
    return Auditor(lab.toy.projection, lab.log, lab.views, lab.vault)


async def test_an_edited_and_a_discarded_event_are_compared_as_it_was_decided(lab: Lab) -> None:
    report = await (await _edited_and_discarded(lab)).some(REACTIONS, 9)
    assert ([each.drift for each in report.found], report.agreed, report.passed_over) == ([], 2, 0)


async def test_a_count_that_only_an_edited_event_made_is_counted_by_the_edit(lab: Lab) -> None:
    audits = await _edited_and_discarded(lab)
    row = await lab.views.get(TALLIES, an_id(101), "likes", 0)
    assert row is not None
    await lab.views.write([Put(TALLIES, Tally(row.subject, row.kind, row.source, 7, row.at), row.at + 1)])
    [found] = (await audits.one(str(AMY))).found
    assert found.drift.why == "the tally says 7, its membership rows say 1, the log says 1"
