"""Who is who, for one service: the fold of accounts, and the reads that show people and resolve handles."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from libs.events import AccountBlocked, AccountRegistered, AccountUnblocked, LanguagesChanged, ProfileChanged
from libs.people import Blocks, Directory, Person
from libs.projections import Projection
from libs.views import Views
from libs.views.sqlite import open_views
from tests.unit.services.folding import Folded, an_id

AMY, BOB, NOBODY = an_id(1), an_id(2), an_id(3)
DIRECTORY, BLOCKS = Directory("toy"), Blocks("toy")
PROJECTION = Projection(
    "toy",
    tables=(*DIRECTORY.tables, *BLOCKS.tables),
    handlers=dict([*DIRECTORY.handlers, *BLOCKS.handlers]),
)


def joins(account: object = AMY, handle: str = "amy") -> AccountRegistered:
    return AccountRegistered(account=account, handle=handle, display_name="sealed", reads=("en",), writes="en")  # type: ignore[arg-type]


class Town:
    """The projection over a real store."""

    def __init__(self, views: Views) -> None:
        self.views, self.folded = views, Folded(PROJECTION)

    async def fold(self, *events: AccountRegistered | ProfileChanged | LanguagesChanged) -> None:
        await self.views.write(list(self.folded.fold(*events).rows.values()))


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    views = await open_views(tmp_path / "views.db")
    await views.migrate(PROJECTION.tables)
    yield Town(views)
    await views.close()


async def test_who_joined_is_shown_as_they_came(town: Town) -> None:
    await town.fold(joins())
    assert await DIRECTORY.people(town.views, [AMY, NOBODY, AMY]) == {
        AMY: Person(account=AMY, handle="amy", display_name="sealed", bio=None, avatar=None, reads=("en",), writes="en")
    }


async def test_a_person_is_what_they_last_said_of_themselves_in_whatever_order_it_is_read(town: Town) -> None:
    await town.fold(
        joins(),
        ProfileChanged(account=AMY, display_name="new", bio="cats", avatar=an_id(9)),
        LanguagesChanged(account=AMY, reads=("zh", "en"), writes="zh"),
    )
    [person] = (await DIRECTORY.people(town.views, [AMY])).values()
    assert (person.handle, person.display_name, person.bio, person.avatar) == ("amy", "new", "cats", an_id(9))
    assert (person.reads, person.writes) == (("zh", "en"), "zh")


async def test_a_profile_alone_is_nobody(town: Town) -> None:
    await town.fold(ProfileChanged(account=AMY, display_name="new", bio="", avatar=None))
    assert await DIRECTORY.people(town.views, [AMY]) == {}


async def test_a_handle_belongs_to_whom_the_log_saw_first(town: Town) -> None:
    await town.fold(joins(BOB), joins(AMY))
    assert await DIRECTORY.account_of(town.views, "amy") == BOB


async def test_a_later_copy_of_a_registration_takes_no_handle_away(town: Town) -> None:
    await town.fold(joins(AMY), joins(BOB), joins(AMY))
    assert await DIRECTORY.account_of(town.views, "amy") == AMY


async def test_handles_of_nobody_are_left_out(town: Town) -> None:
    await town.fold(joins())
    assert await DIRECTORY.accounts_of(town.views, ["amy", "nobody"]) == {"amy": AMY}
    assert await DIRECTORY.account_of(town.views, "nobody") is None


async def test_a_block_stands_until_it_is_taken_back(town: Town) -> None:
    for event, blocks in (
        (AccountBlocked(account=AMY, target=BOB), True),
        (AccountUnblocked(account=AMY, target=BOB), False),
    ):
        await town.views.write(list(town.folded.fold(event).rows.values()))
        assert await BLOCKS.blocks(town.views, AMY, BOB) is blocks
        assert await BLOCKS.blocks(town.views, BOB, AMY) is False
