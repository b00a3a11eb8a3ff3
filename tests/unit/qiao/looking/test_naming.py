"""Accounts are shown by the handles that they registered with."""

from uuid import UUID, uuid4

import pytest

from libs.events import new_id
from libs.log.embedded import EmbeddedLog
from qiao.looking import Registrations
from qiao.looking.naming import FEW
from qiao.sources import bounds_of
from tests.unit.qiao.story import LIN, MEI


@pytest.mark.parametrize("strangers", [0, 2 * FEW])
async def test_few_are_looked_up_one_by_one_and_many_at_once(log: EmbeddedLog, strangers: int) -> None:
    handles = Registrations(log, await bounds_of(log))
    others: list[UUID] = [new_id() for _ in range(strangers)]
    for _ in range(2):
        assert await handles.of([MEI, LIN, *others]) == {MEI: "mei", LIN: "lin"}


async def test_who_is_not_in_the_log_stays_an_id(log: EmbeddedLog) -> None:
    assert await Registrations(log, await bounds_of(log)).of([new_id(), uuid4()]) == {}
    assert await Registrations(log, {}).of([MEI]) == {}
