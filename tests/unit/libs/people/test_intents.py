"""What accounts last decided, and when saying it again is needless."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from libs.events import AccountBlocked, AccountMuted, AccountUnblocked, AccountUnmuted, Event
from libs.people import Blocks, Intents, Says
from libs.projections import Projection
from libs.views import Views
from libs.views.sqlite import open_views
from tests.unit.services.folding import Folded, an_id

AMY, BOB = an_id(1), an_id(2)
BLOCKS = Blocks("town")
INTENTS = Intents("town", {AccountMuted: Says("mute", True), AccountUnmuted: Says("mute", False)}, subject="target")
TABLES = (*BLOCKS.tables, *INTENTS.tables)
TOWN = Projection("town", tables=TABLES, handlers=dict([*BLOCKS.handlers, *INTENTS.handlers]))

MUTED, UNMUTED = AccountMuted(account=AMY, target=BOB), AccountUnmuted(account=AMY, target=BOB)
BLOCKED, UNBLOCKED = AccountBlocked(account=AMY, target=BOB), AccountUnblocked(account=AMY, target=BOB)


@pytest.fixture
async def views(tmp_path: Path) -> AsyncIterator[Views]:
    views = await open_views(tmp_path / "views.db")
    await views.migrate(TABLES)
    yield views
    await views.close()


async def stands(views: Views, event: Event) -> bool:
    if isinstance(event, AccountBlocked | AccountUnblocked):
        return await BLOCKS.stands(views, event)
    return await INTENTS.stands(views, event)


@pytest.mark.parametrize(("on", "off"), [(MUTED, UNMUTED), (BLOCKED, UNBLOCKED)])
async def test_what_was_last_decided_stands_and_of_what_never_was_nothing_does(
    views: Views, on: Event, off: Event
) -> None:
    assert [await stands(views, on), await stands(views, off)] == [False, False]
    folded = Folded(TOWN)
    for last, other in ((on, off), (off, on)):
        await views.write(list(folded.fold(other, last).rows.values()))
        assert [await stands(views, last), await stands(views, other)] == [True, False]


async def test_what_one_decides_about_another_is_not_what_the_other_decides(views: Views) -> None:
    await views.write(list(Folded(TOWN).fold(MUTED).rows.values()))
    assert not await INTENTS.stands(views, AccountMuted(account=BOB, target=AMY))
