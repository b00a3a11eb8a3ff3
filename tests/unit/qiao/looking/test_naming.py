"""Accounts are shown by the handles that they registered with."""

from pathlib import Path
from uuid import UUID, uuid4

import pytest

from libs.events import SealingKey, envelope_for, new_id, to_record_parts
from libs.log import Entry
from libs.log.embedded import EmbeddedLog, open_log
from libs.log.publisher import utc_now
from qiao.looking import Registrations
from qiao.looking.naming import FEW, TOPIC
from qiao.sources import bounds_of
from tests.unit.qiao.story import LIN, MEI, Story, registered


@pytest.mark.parametrize("strangers", [0, 2 * FEW])
async def test_few_are_looked_up_one_by_one_and_many_at_once(log: EmbeddedLog, strangers: int) -> None:
    handles = Registrations(log, await bounds_of(log))
    others: list[UUID] = [new_id() for _ in range(strangers)]
    for _ in range(2):
        assert await handles.of([MEI, LIN, *others]) == {MEI: "mei", LIN: "lin"}


async def test_who_is_not_in_the_log_stays_an_id(log: EmbeddedLog) -> None:
    assert await Registrations(log, await bounds_of(log)).of([new_id(), uuid4()]) == {}
    assert await Registrations(log, {}).of([MEI]) == {}


async def test_who_registers_after_many_were_looked_up_is_found_too(story: Story, tmp_path: Path) -> None:
    log = await open_log(await story.write(tmp_path / "log.db"))
    try:
        handles = Registrations(log, await bounds_of(log))
        await handles.of([new_id() for _ in range(2 * FEW)])
        event = registered(new_id(), "priya")
        key = SealingKey(event.account, bytes(64))
        parts = to_record_parts(event, envelope_for(event, source="/accounts", actor=None, now=utc_now()), key)
        await log.append([Entry(TOPIC, parts.key, parts.value, parts.headers)])
        assert await handles.of([event.account, MEI]) == {event.account: "priya", MEI: "mei"}
    finally:
        await log.close()
